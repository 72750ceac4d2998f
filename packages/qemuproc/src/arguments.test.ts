import { expect, test } from 'vitest';
import { microvmArguments } from './arguments.ts';
import type { MicrovmSpec } from './spec.ts';

const spec: MicrovmSpec = {
  tag: 'banger-0123abcd-0123456789abcdef',
  directory: '/var/lib/banger/vms/0123456789abcdef',
  accelerator: 'tcg',
  vcpus: 1,
  memoryMib: 512,
  kernelPath: '/k/vmlinux',
  initramfsPath: '/k/initramfs',
  kernelArguments: ['quiet', 'panic=-1'],
  drives: [
    { id: 'root', path: '/v/a, b.qcow2', format: 'qcow2', readOnly: false },
    { id: 'seed', path: '/v/seed.tar', format: 'raw', readOnly: true },
  ],
  network: { tap: 'bt01234567', mac: '02:fc:00:00:00:01' },
};

test('the whole line', () => {
  expect(microvmArguments(spec)).toMatchInlineSnapshot(`
    [
      "qemu-system-x86_64",
      "-name",
      "banger-0123abcd-0123456789abcdef",
      "-M",
      "microvm,acpi=on,pit=on,pic=on,rtc=on,x-option-roms=off",
      "-accel",
      "tcg,thread=multi",
      "-cpu",
      "max",
      "-smp",
      "1",
      "-m",
      "512",
      "-nodefaults",
      "-no-user-config",
      "-no-reboot",
      "-display",
      "none",
      "-sandbox",
      "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
      "-pidfile",
      "vmm.pid",
      "-chardev",
      "socket,id=qmp,path=qmp.sock,server=on,wait=off",
      "-mon",
      "chardev=qmp,mode=control",
      "-chardev",
      "file,id=console,path=console.log,append=on",
      "-serial",
      "chardev:console",
      "-kernel",
      "/k/vmlinux",
      "-initrd",
      "/k/initramfs",
      "-append",
      "quiet panic=-1",
      "-blockdev",
      "{"node-name":"root","driver":"qcow2","read-only":false,"cache":{"direct":false,"no-flush":false},"discard":"unmap","file":{"driver":"file","filename":"/v/a, b.qcow2","aio":"threads","discard":"unmap"}}",
      "-device",
      "{"driver":"virtio-blk-device","drive":"root","serial":"root"}",
      "-blockdev",
      "{"node-name":"seed","driver":"raw","read-only":true,"cache":{"direct":false,"no-flush":false},"file":{"driver":"file","filename":"/v/seed.tar","aio":"threads"}}",
      "-device",
      "{"driver":"virtio-blk-device","drive":"seed","serial":"seed"}",
      "-netdev",
      "{"type":"tap","id":"net","ifname":"bt01234567","script":"no","downscript":"no","vhost":false}",
      "-device",
      "{"driver":"virtio-net-device","netdev":"net","mac":"02:fc:00:00:00:01"}",
      "-device",
      "{"driver":"virtio-rng-device"}",
    ]
  `);
});

test('KVM, paused, nothing attached', () => {
  const line = microvmArguments({ ...spec, accelerator: 'kvm', paused: true, drives: [], network: undefined }).join(
    ' ',
  );
  expect(line).toContain('-accel kvm -cpu host');
  expect(line).toContain(' -S');
  expect(line).not.toMatch(/blk|net-device/);
});

test('reads only what may be read only', () => {
  const [root, seed] = microvmArguments(spec)
    .filter((argument) => argument.includes('node-name'))
    .map((argument) => JSON.parse(argument) as Record<string, unknown>);
  expect(root).toMatchObject({ 'read-only': false, discard: 'unmap', file: { filename: '/v/a, b.qcow2' } });
  expect(seed).toMatchObject({ 'read-only': true });
  expect(seed).not.toHaveProperty('discard');
});

test.each([
  [{ tag: 'a b' }, /tag/],
  [{ tag: 'a,process=b' }, /tag/],
  [{ vcpus: 0 }, /vcpus/],
  [{ memoryMib: 1.5 }, /memoryMib/],
  [{ drives: [...spec.drives, ...spec.drives] }, /no two the same/],
  [{ network: { tap: 'a-name-of-16-byte', mac: '02:fc:00:00:00:01' } }, /15 bytes/],
  [{ network: { tap: 'bt0', mac: '02:fc' } }, /MAC/],
  [{ kernelPath: 'vmlinux' }, /absolute/],
])('refuses %j', (change, message) => {
  expect(() => microvmArguments({ ...spec, ...change })).toThrow(message);
});
