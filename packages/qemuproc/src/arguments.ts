import type { Argv } from '@banger/system';
import { QemuError } from './errors.ts';
import { MAX_DRIVES, type MicrovmDrive, type MicrovmSpec, microvmFiles } from './spec.ts';

/**
 * The command line of a microvm; run it in `spec.directory`.
 * Pure: the same spec gives the same line.
 * @throws QemuError `spec_invalid`
 */
export function microvmArguments(spec: MicrovmSpec): Argv {
  checkSpec(spec);
  return [
    spec.qemuPath ?? 'qemu-system-x86_64',
    // First, so that it is readable in a process list. findMicrovm looks for it.
    ...['-name', spec.tag],
    ...machine(spec),
    // No default devices, no files of /etc/qemu, no window; a reset ends QEMU, so that a reboot is seen as an end.
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    // A guest that breaks out of the device emulation cannot start programs or gain rights.
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...['-pidfile', microvmFiles.pidFile],
    ...[
      '-chardev',
      `socket,id=qmp,path=${microvmFiles.qmpSocket},server=on,wait=off`,
      '-mon',
      'chardev=qmp,mode=control',
    ],
    // append=on: the file may be cut while QEMU has it open, see keepBounded.
    ...['-chardev', `file,id=console,path=${microvmFiles.consoleLog},append=on`, '-serial', 'chardev:console'],
    ...['-kernel', spec.kernelPath],
    ...(spec.initramfsPath === undefined ? [] : ['-initrd', spec.initramfsPath]),
    ...['-append', spec.kernelArguments.join(' ')],
    ...spec.drives.flatMap(drive),
    ...(spec.network === undefined ? [] : network(spec.network.tap, spec.network.mac)),
    ...['-device', json({ driver: 'virtio-rng-device' })],
    ...(spec.paused === true ? ['-S'] : []),
  ];
}

function machine({ accelerator, cpuModel, vcpus, memoryMib }: MicrovmSpec): readonly string[] {
  return [
    // acpi: power button and power off. rtc: without it a guest waits 2 s at boot. Option ROMs are for firmware only.
    ...['-M', 'microvm,acpi=on,pit=on,pic=on,rtc=on,x-option-roms=off'],
    ...['-accel', accelerator === 'kvm' ? 'kvm' : 'tcg,thread=multi'],
    ...['-cpu', cpuModel ?? (accelerator === 'kvm' ? 'host' : 'max')],
    ...['-smp', String(vcpus), '-m', String(memoryMib)],
  ];
}

/**
 * Writes go to the host's page cache and the guest's flushes to the host's disk: as durable as a disk with a write
 * cache. Freed blocks are given back. A full host disk stops the machine (status `io-error`) and does not tell the
 * guest of a broken disk.
 */
function drive({ id, path, format, readOnly }: MicrovmDrive): readonly string[] {
  const file = { driver: 'file', filename: path, aio: 'threads' };
  const node = { 'node-name': id, driver: format, 'read-only': readOnly, cache: { direct: false, 'no-flush': false } };
  const device = { driver: 'virtio-blk-device', drive: id, serial: id };
  return readOnly
    ? ['-blockdev', json({ ...node, file }), '-device', json(device)]
    : ['-blockdev', json({ ...node, discard: 'unmap', file: { ...file, discard: 'unmap' } }), '-device', json(device)];
}

function network(tap: string, mac: string): readonly string[] {
  const backend = { type: 'tap', id: 'net', ifname: tap, script: 'no', downscript: 'no', vhost: false };
  return ['-netdev', json(backend), '-device', json({ driver: 'virtio-net-device', netdev: 'net', mac })];
}

/** QEMU takes JSON where a path may hold commas. */
function json(value: object): string {
  return JSON.stringify(value);
}

const rules: readonly { readonly what: string; readonly fits: (spec: MicrovmSpec) => boolean }[] = [
  { what: 'tag: 1 to 64 letters, digits, ".", "_", "-"', fits: ({ tag }) => /^[\w.-]{1,64}$/.test(tag) },
  { what: 'vcpus: 1 to 64', fits: ({ vcpus }) => Number.isInteger(vcpus) && vcpus >= 1 && vcpus <= 64 },
  { what: 'memoryMib: at least 32', fits: ({ memoryMib }) => Number.isInteger(memoryMib) && memoryMib >= 32 },
  { what: `drives: at most ${MAX_DRIVES}`, fits: ({ drives }) => drives.length <= MAX_DRIVES },
  {
    what: 'drive ids: a letter, then at most 19 letters, digits, ".", "_", "-"; no two the same',
    fits: ({ drives }) =>
      drives.every(({ id }) => /^[A-Za-z][\w.-]{0,19}$/.test(id)) &&
      new Set(drives.map(({ id }) => id)).size === drives.length,
  },
  {
    what: 'network: an interface name of at most 15 bytes and a MAC address',
    fits: ({ network: net }) =>
      net === undefined || (/^[^\s/]{1,15}$/.test(net.tap) && /^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(net.mac)),
  },
  {
    what: 'paths: absolute',
    fits: ({ directory, kernelPath, initramfsPath, drives }) =>
      [directory, kernelPath, initramfsPath ?? '/', ...drives.map(({ path }) => path)].every((path) =>
        path.startsWith('/'),
      ),
  },
];

function checkSpec(spec: MicrovmSpec): void {
  const broken = rules.filter((rule) => !rule.fits(spec)).map(({ what }) => what);
  if (broken.length > 0) throw new QemuError('spec_invalid', `cannot start ${spec.tag}: expected ${broken.join('; ')}`);
}
