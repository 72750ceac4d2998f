import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePaths, type Paths } from '../paths.ts';
import { sampleOperation, sampleVm, TempDir } from '../store/testing.ts';
import type { Store, VmRecord } from '../store/types.ts';
import { manifestStep } from '../vms/manifest.ts';
import { adoptLostRows } from './lost-rows.ts';

const never = new AbortController().signal;
const vm = sampleVm(1);
const live = { pid: 77, startTimeTicks: 7, bootId: 'boot' };
let directory: TempDir;
let paths: Paths;
let store: Store;
let unknown: (readonly [id: string, why: string])[];
let found: Map<string, typeof live>;

beforeEach(() => {
  directory = new TempDir();
  paths = makePaths({ stateDir: directory.path, runDir: directory.path });
  mkdirSync(paths.vmsDir);
  store = directory.open();
  unknown = [];
  found = new Map();
});
afterEach(() => {
  store.close();
  directory[Symbol.dispose]();
});

/** As a create leaves it, except for its row. */
async function lose(record: VmRecord): Promise<void> {
  const { directory: own, hostKeyPublic } = paths.vm(record.id);
  mkdirSync(own);
  writeFileSync(hostKeyPublic, `${record.hostPublicKey}\n`);
  store.transaction('normal', () => store.vms.insert(record));
  const context = { signal: never, progress: () => {} };
  await manifestStep({ store, filesOf: (id) => paths.vm(id) }).do({ vmId: record.id }, context);
  store.transaction('normal', () => store.vms.delete(record.id));
}

function write(id: string, text: string): void {
  const path = paths.vm(id).manifest;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const adopt = () =>
  adoptLostRows(
    {
      store,
      vmsDirectory: paths.vmsDir,
      manifestOf: (id) => paths.vm(id).manifest,
      findProcess: (id) => Promise.resolve(found.get(id)),
      onUnknown: (path, why) => void unknown.push([path.slice(paths.vmsDir.length + 1), why]),
    },
    never,
  );

describe('a VM whose row is lost', () => {
  it('is rebuilt from its manifest: stopped', async () => {
    await lose(vm);
    expect(await adopt()).toEqual([vm.id]);
    const stateReason = 'its record was lost and rebuilt from its manifest';
    expect(store.vms.get(vm.id)).toEqual({ ...vm, state: 'stopped', stateReason, process: null, bootOperation: null });
    expect([await adopt(), unknown]).toEqual([[], []]);
  });

  it('or running, when its VMM lives', async () => {
    await lose(vm);
    found.set(vm.id, live);
    await adopt();
    expect(store.vms.get(vm.id)).toMatchObject({ state: 'running', process: live });
  });

  it('is left to the operation that is about to undo it', async () => {
    await lose(vm);
    store.transaction('normal', () => store.journal.insert(sampleOperation(1, { subject: vm.id })));
    expect([await adopt(), unknown]).toEqual([[], []]);
  });

  it('is shown when its name or address has another owner, and the others are adopted', async () => {
    const other = sampleVm(2);
    await lose(vm);
    await lose(other);
    store.transaction('normal', () => store.vms.insert(sampleVm(3, { name: vm.name })));
    expect(await adopt()).toEqual([other.id]);
    expect(unknown).toEqual([[vm.id, expect.stringContaining(`the name "${vm.name}" is used`)]]);
  });
});

describe('a directory that is no VM', () => {
  const id = '00000000000000ff';
  const whole = () => {
    const { state: _state, stateReason: _reason, process: _process, bootOperation: _boot, ...kept } = vm;
    return { format: 1, vm: { ...kept, id } };
  };

  it.each([
    ['has no manifest', () => mkdirSync(paths.vm(id).directory), 'ENOENT'],
    ['has half of one', () => write(id, '{"format":1,"vm":{'), 'JSON'],
    ['has nothing in it', () => write(id, 'null'), 'unknown format'],
    ['is of a later format', () => write(id, JSON.stringify({ ...whole(), format: 2 })), 'unknown format'],
    [
      'is of another VM',
      () => write(id, JSON.stringify({ format: 1, vm: { ...whole().vm, id: vm.id } })),
      'another VM',
    ],
    ['has no address', () => write(id, JSON.stringify({ format: 1, vm: { ...whole().vm, guestIp: null } })), 'guestIp'],
    [
      'has a date of 7',
      () => write(id, JSON.stringify({ format: 1, vm: { ...whole().vm, startedAt: 7 } })),
      'startedAt',
    ],
  ])('since it %s is shown and left alone', async (_what, make, why) => {
    make();
    expect(await adopt()).toEqual([]);
    expect(unknown).toEqual([[id, expect.stringContaining(why)]]);
    expect(store.vms.list()).toEqual([]);
  });

  it('for its name is nothing of ours', async () => {
    mkdirSync(`${paths.vmsDir}/lost+found`);
    expect([await adopt(), unknown]).toEqual([[], []]);
  });

  it('never makes a row from what is damaged, whatever it is', async () => {
    const { vm: kept } = whole();
    const value = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.constant(undefined), fc.array(fc.nat()));
    const field = fc.constantFrom(...(Object.keys(kept) as (keyof typeof kept)[]));
    await fc.assert(
      fc.asyncProperty(field, value, async (name, put) => {
        write(id, JSON.stringify({ format: 1, vm: { ...kept, [name]: put } }));
        const [adopted] = await adopt();
        rmSync(paths.vm(id).directory, { recursive: true });
        if (adopted === undefined) return;
        const isTime = name === 'startedAt' || name === 'stoppedAt';
        expect(isTime ? put === null || typeof put === 'string' : typeof put === typeof kept[name]).toBe(true);
        store.transaction('normal', () => store.vms.delete(id));
      }),
      { seed: 5, numRuns: 150 },
    );
  });
});
