import { readFile } from 'node:fs/promises';
import { methods } from '@banger/api-types';
import { expect, test } from 'vitest';
import type { DaemonOptions } from '../config.ts';
import { resolveConfig } from '../config.ts';
import { evaluate } from './evaluate.ts';
import type { Facts, Finding } from './types.ts';

const GIB = 2 ** 30;
const stateDir = {
  exists: true,
  lookedAt: '/var/lib/banger',
  mode: 0o40700,
  ownedByUs: true,
  fileSystem: 'ext4',
  freeBytes: 50 * GIB,
};

const healthy: Facts = {
  platform: { os: 'linux', architecture: 'x64', node: '24.21.0' },
  root: { value: 'root' },
  programs: { value: [] },
  distribution: { value: { name: 'Debian GNU/Linux 12 (bookworm)', hasApt: true } },
  qemu: { value: '7.2.22' },
  kvm: { value: { device: 'usable', cpuFlag: 'svm' } },
  vmm: { value: { chosen: 'qemu with kvm', reason: 'the CPU has svm', faster: null } },
  tun: { value: true },
  bridge: { value: true },
  nftables: { value: true },
  forwarding: { value: true },
  network: { value: [] },
  disk: { value: { chosen: 'reflink', reason: 'xfs', faster: null } },
  stateDir: { value: stateDir },
  memoryAvailableBytes: { value: 8 * GIB },
  socketGroup: { value: true },
  daemon: { value: { state: 'running', pid: 77 } },
  image: { value: { state: 'local' } },
};

const findingsOf = (facts: Partial<Facts>, options: DaemonOptions = {}) =>
  evaluate({ ...healthy, ...facts }, resolveConfig(options));
const troubles = (facts: Partial<Facts>, options: DaemonOptions = {}): readonly Finding[] =>
  findingsOf(facts, options).findings.filter(({ level }) => level !== 'ok');

test('a healthy host has nothing but good news, in the shape of the wire', () => {
  const report = findingsOf({});
  expect(report.ok).toBe(true);
  expect(troubles({})).toEqual([]);
  expect(methods.doctor.result.parse(report)).toEqual(report);
});

const cases: readonly [string, Partial<Facts>, DaemonOptions, Partial<Finding>][] = [
  ['another platform', { platform: { ...healthy.platform, os: 'darwin' } }, {}, { check: 'platform', level: 'error' }],
  ['an old Node.js', { platform: { ...healthy.platform, node: '20.20.2' } }, {}, { check: 'node', level: 'error' }],
  ['sudo', { root: { value: 'sudo' } }, {}, { check: 'root', level: 'note' }],
  ['no root', { root: { value: 'none' } }, {}, { check: 'root', level: 'error' }],
  [
    'missing programs',
    {
      programs: {
        value: [
          { name: 'qemu-img', package: 'qemu-utils', why: 'makes disks' },
          { name: 'nft', package: 'nftables', why: 'NAT' },
        ],
      },
    },
    {},
    {
      check: 'programs',
      level: 'error',
      message: 'missing: qemu-img (makes disks), nft (NAT)',
      remediation: 'Run: apt-get install qemu-utils nftables',
    },
  ],
  ['an ancient QEMU', { qemu: { value: '5.2.0' } }, {}, { check: 'qemu', level: 'error' }],
  ['an old QEMU', { qemu: { value: '6.2' } }, {}, { check: 'qemu', level: 'warning' }],
  [
    'no hardware virtualization',
    { kvm: { value: { device: 'usable', cpuFlag: null } } },
    {},
    { check: 'kvm', level: 'note', message: expect.stringContaining('no proof') as string },
  ],
  [
    'no hardware virtualization where it is demanded',
    { kvm: { value: { device: 'absent', cpuFlag: null } } },
    { accelerator: 'kvm' },
    { check: 'kvm', level: 'error' },
  ],
  [
    'KVM not loaded',
    { kvm: { value: { device: 'absent', cpuFlag: 'vmx' } } },
    {},
    { check: 'kvm', level: 'note', remediation: expect.stringContaining('modprobe kvm_intel') as string },
  ],
  ['KVM forbidden', { kvm: { value: { device: 'forbidden', cpuFlag: 'svm' } } }, {}, { check: 'kvm', level: 'note' }],
  [
    'a choice that could be better',
    { vmm: { value: { chosen: 'qemu with tcg', reason: 'no KVM', faster: 'Switch on SVM.' } } },
    {},
    { check: 'vmm', level: 'note', message: 'VMs run in qemu with tcg: no KVM', remediation: 'Switch on SVM.' },
  ],
  [
    'no VMM at all',
    { vmm: { unknown: 'no QEMU', remediation: 'Install it.' } },
    {},
    { check: 'vmm', level: 'error', message: 'no QEMU', remediation: 'Install it.' },
  ],
  ['no TUN', { tun: { value: false } }, {}, { check: 'tun', level: 'error' }],
  ['no bridges', { bridge: { value: false } }, {}, { check: 'bridge', level: 'warning' }],
  ['no nftables', { nftables: { unknown: 'exit 1', remediation: null } }, {}, { check: 'nftables', level: 'warning' }],
  ['forwarding off', { forwarding: { value: false } }, {}, { check: 'forwarding', level: 'note' }],
  [
    'a taken range',
    { network: { value: [{ code: 'network_conflict', message: 'taken', remediation: 'Choose another.' }] } },
    {},
    { check: 'network', level: 'error', message: 'taken', remediation: 'Choose another.' },
  ],
  ['NFS', { stateDir: { value: { ...stateDir, fileSystem: 'nfs' } } }, {}, { check: 'state-dir', level: 'error' }],
  [
    'tmpfs',
    { stateDir: { value: { ...stateDir, fileSystem: 'tmpfs' } } },
    {},
    { check: 'state-dir', level: 'warning' },
  ],
  ['a foreign owner', { stateDir: { value: { ...stateDir, ownedByUs: false } } }, {}, { level: 'error' }],
  [
    'writable by others',
    { stateDir: { value: { ...stateDir, mode: 0o1777 } } },
    {},
    { check: 'state-dir', level: 'error', remediation: 'Run: chmod go-w /var/lib/banger' },
  ],
  [
    'little space',
    { stateDir: { value: { ...stateDir, freeBytes: 2 * GIB } } },
    {},
    { check: 'space', level: 'warning' },
  ],
  [
    'no space',
    { stateDir: { value: { ...stateDir, freeBytes: GIB / 2 } } },
    {},
    { check: 'space', level: 'error', message: 'only 0.5 GiB are free in /var/lib/banger' },
  ],
  ['little memory', { memoryAvailableBytes: { value: GIB } }, {}, { check: 'memory', level: 'warning' }],
  [
    'a long socket path',
    {},
    { socketPath: `/${'x'.repeat(120)}` },
    { check: 'socket-path', level: 'error', remediation: 'Make socket_path 14 bytes shorter.' },
  ],
  ['no group', { socketGroup: { value: false } }, {}, { check: 'socket-group', level: 'note' }],
  ['no daemon', { daemon: { value: { state: 'absent' } } }, {}, { check: 'daemon', level: 'note' }],
  [
    'a daemon that does not answer',
    { daemon: { value: { state: 'unreachable', reason: 'refused', pid: 7 } } },
    {},
    { check: 'daemon', level: 'warning', message: expect.stringContaining('pid 7') as string },
  ],
  [
    'an unknown default image',
    { image: { value: { state: 'unknown', available: ['debian:12', 'debian:13'] } } },
    { defaults: { image: 'dbian' } },
    { check: 'image', level: 'error', remediation: 'Set defaults.image to one that is: debian:12, debian:13' },
  ],
];

test.each(cases)('%s: one finding, and only that', (_name, facts, options, expected) => {
  expect(troubles(facts, options)).toEqual([expect.objectContaining(expected)]);
  expect(findingsOf(facts, options).ok).toBe(expected.level !== 'error');
});

test('a default image that is only in the catalog is fine, and a directory that is not there yet too', () => {
  expect(troubles({ image: { value: { state: 'catalog' } } })).toEqual([]);
  const none = { ...stateDir, exists: false, lookedAt: '/var/lib', mode: 0o40777, ownedByUs: false };
  expect(troubles({ stateDir: { value: none } })).toEqual([]);
});

test('what several checks find is said once', () => {
  const missing = { code: 'prerequisite_missing', message: 'no tun', remediation: 'modprobe' } as const;
  const conflict = { code: 'network_conflict', message: 'taken', remediation: 'other' } as const;
  expect(
    troubles({ tun: { value: false }, network: { value: [missing, conflict] } }).map(({ check }) => check),
  ).toEqual(['tun', 'network']);
  expect(troubles({ network: { value: [missing] } })).toMatchObject([{ check: 'network', message: 'no tun' }]);
});

test('without apt the packages are named for people to translate', () => {
  const [finding] = troubles({
    programs: { value: [{ name: 'nft', package: 'nftables', why: 'NAT' }] },
    distribution: { value: { name: 'Fedora Linux 43', hasApt: false } },
  });
  expect(finding?.remediation).toBe('Install what Fedora Linux 43 calls these Debian packages: nftables');
});

test('every fact may be unknown, and the README lists every check', async () => {
  const unknown = Object.fromEntries(
    Object.keys(healthy)
      .filter((name) => name !== 'platform')
      .map((name) => [name, { unknown: 'cannot be read', remediation: null }]),
  ) as unknown as Omit<Facts, 'platform'>;
  const report = findingsOf(unknown);
  expect(report.findings.filter(({ level }) => level === 'ok').map(({ check }) => check)).toEqual([
    'platform',
    'node',
    'socket-path',
  ]);
  const readme = await readFile(new URL('./README.md', import.meta.url), 'utf8');
  const listed = [...readme.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, check]) => check);
  expect(report.findings.map(({ check }) => check)).toEqual(listed);
});
