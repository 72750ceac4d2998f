import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Runner } from '@banger/system';
import { expect, test } from 'vitest';
import { resolveConfig } from '../config.ts';
import { BangerError } from '../errors.ts';
import { makePaths } from '../paths.ts';
import { gather, hasGroup, listsModule, parseQemuVersion } from './gather.ts';
import { findCpuFlag } from './gather-kvm.ts';
import { missingPrograms, parseOsRelease } from './gather-programs.ts';
import { gatherStateDir } from './gather-state-dir.ts';
import { runDoctor } from './run-doctor.ts';
import type { DoctorContext, Probes } from './types.ts';

const broken = (): Promise<never> =>
  Promise.reject(new BangerError('prerequisite_missing', 'broken', { remediation: 'mend it' }));
const brokenRunner: Runner = { run: broken };
const brokenProbes: Probes = {
  chooseVmm: broken,
  chooseDisk: broken,
  checkNetwork: broken,
  daemon: broken,
  defaultImage: broken,
};

function context(change: Partial<DoctorContext> = {}): DoctorContext {
  const config = resolveConfig({ stateDir: join(tmpdir(), 'banger-doctor-not-there') });
  return {
    config,
    paths: makePaths(config),
    runner: brokenRunner,
    searchPath: [],
    probes: brokenProbes,
    ...change,
  };
}

test('a host on which everything fails still gets a report, with the remedies of the errors', async () => {
  const report = await runDoctor(context(), new AbortController().signal);
  expect(report.ok).toBe(false);
  expect(report.findings).toContainEqual({ check: 'vmm', level: 'error', message: 'broken', remediation: 'mend it' });
  expect(report.findings.find(({ check }) => check === 'state-dir')).toMatchObject({
    message: expect.stringMatching(/will be made|tmpfs/),
  });
});

test('a probe that never answers ends with the signal', async () => {
  const hangs = (): Promise<never> => new Promise(() => {});
  const abort = new AbortController();
  const pending = gather(context({ probes: { ...brokenProbes, chooseDisk: hangs } }), abort.signal);
  abort.abort();
  expect((await pending).disk).toEqual({ unknown: 'no answer in time', remediation: null });
  expect((await gather(context(), abort.signal)).vmm).toMatchObject({ unknown: expect.stringMatching(/abort/i) });
});

test('programs are looked for on the path, and where root has them', async () => {
  const names = (await missingPrograms(['/usr/bin', '/bin'])).map(({ name }) => name);
  expect((await missingPrograms(['/nowhere'])).length).toBeGreaterThanOrEqual(names.length);
  expect(await missingPrograms(['/nowhere'])).toContainEqual({
    name: 'qemu-system-x86_64',
    package: 'qemu-system-x86',
    why: expect.any(String),
  });
});

test('the nearest directory that is there stands for one that is not', async () => {
  const facts = await gatherStateDir(join(tmpdir(), 'banger-doctor-not-there', 'deep', 'down'));
  expect(facts).toMatchObject({ exists: false, lookedAt: tmpdir() });
  expect(facts.freeBytes).toBeGreaterThan(0);
  expect(await gatherStateDir(tmpdir())).toMatchObject({ exists: true, lookedAt: tmpdir() });
});

test('versions, flags, modules, groups and distributions are read from real files', () => {
  expect(parseQemuVersion('QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright (c)')).toBe('7.2.22');
  expect(parseQemuVersion('QEMU emulator version 10.0.2 (v10.0.2)')).toBe('10.0.2');
  expect(parseQemuVersion('qemu: command not found')).toBeUndefined();

  expect(findCpuFlag('processor\t: 0\nflags\t\t: fpu vme svm npt\nbugs\t\t: spectre_v1')).toBe('svm');
  expect(findCpuFlag('flags\t\t: fpu vmx ept')).toBe('vmx');
  expect(findCpuFlag('flags\t\t: fpu svm_lock vmxoff\nvmx flags\t: vnmi')).toBeNull();
  expect(findCpuFlag('')).toBeNull();

  const dep =
    'kernel/net/bridge/bridge.ko.xz: kernel/net/802/stp.ko.xz\nkernel/net/x/br_netfilter.ko: kernel/net/bridge/bridge.ko';
  expect(listsModule(dep, 'bridge')).toBe(true);
  expect(listsModule(dep, 'stp')).toBe(false);
  expect(listsModule('kernel/net/bridge/bridge.ko', 'bridge')).toBe(true);
  expect(listsModule('', 'bridge')).toBe(false);

  expect(hasGroup('root:x:0:\nbanger:x:999:joe\n', 'banger')).toBe(true);
  expect(hasGroup('root:x:0:\nbangers:x:999:banger\n', 'banger')).toBe(false);

  const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nID=debian\n';
  expect(parseOsRelease(debian)).toEqual({ name: 'Debian GNU/Linux 12 (bookworm)', hasApt: true });
  expect(parseOsRelease('NAME=Mint\nID=linuxmint\nID_LIKE="ubuntu debian"\n')).toEqual({ name: 'Mint', hasApt: true });
  expect(parseOsRelease("NAME='Fedora Linux'\nID=fedora\n")).toEqual({ name: 'Fedora Linux', hasApt: false });
  expect(parseOsRelease('')).toEqual({ name: 'an unknown distribution', hasApt: false });
});
