import { expect, test } from 'vitest';
import { explainLaunchFailure } from './failure.ts';

/** Real output of QEMU 7.2.22. */
const fixtures: readonly (readonly [code: string, log: string, reason: string])[] = [
  [
    'tap_busy',
    'qemu-system-x86_64: -netdev tap,id=n,ifname=bt0,script=no,downscript=no: could not configure /dev/net/tun (bt0): Device or resource busy\n',
    '-netdev tap,id=n,ifname=bt0,script=no,downscript=no: could not configure /dev/net/tun (bt0): Device or resource busy',
  ],
  [
    'file_locked',
    'qemu-system-x86_64: -device virtio-blk-device,drive=a: Failed to get "write" lock\nIs another process using the image [root.img]?\n',
    '-device virtio-blk-device,drive=a: Failed to get "write" lock',
  ],
  [
    'out_of_memory',
    "qemu-system-x86_64: warning: netdev n has no peer\nqemu-system-x86_64: cannot set up guest memory 'microvm.ram': Cannot allocate memory\n",
    "cannot set up guest memory 'microvm.ram': Cannot allocate memory",
  ],
  [
    'kvm_unusable',
    "qemu-system-x86_64: error: failed to set MSR 0x10a to 0x69\nqemu-system-x86_64: ../../target/i386/kvm/kvm.c:3183: kvm_buf_set_msrs: Assertion `ret == cpu->kvm_msr_buf->nmsrs' failed.\n",
    'error: failed to set MSR 0x10a to 0x69',
  ],
  [
    'file_unusable',
    "qemu-system-x86_64: -drive id=a,if=none,file=nope.raw,format=raw: Could not open 'nope.raw': No such file or directory\n",
    "-drive id=a,if=none,file=nope.raw,format=raw: Could not open 'nope.raw': No such file or directory",
  ],
  [
    'file_unusable',
    'qemu-system-x86_64: -drive file=x,if=none,id=a,format=qcow2: Image is not in qcow2 format\n',
    '-drive file=x,if=none,id=a,format=qcow2: Image is not in qcow2 format',
  ],
  [
    'file_unusable',
    "qemu: could not open kernel file 'nope': No such file or directory\n",
    "could not open kernel file 'nope': No such file or directory",
  ],
  [
    'file_unusable',
    'qemu: error reading initrd nope: Failed to open file “nope”: open() failed: No such file or directory\n',
    'error reading initrd nope: Failed to open file “nope”: open() failed: No such file or directory',
  ],
  [
    'start_failed',
    "qemu-system-x86_64: -device nonsense: 'nonsense' is not a valid device model name\n",
    "-device nonsense: 'nonsense' is not a valid device model name",
  ],
  ['start_failed', '', 'QEMU said nothing'],
];

test.each(fixtures)('%s', (code, log, reason) => {
  expect(explainLaunchFailure(log)).toEqual({ code, reason });
});
