import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleVm, TempDir } from '../store/testing.ts';
import type { Store, VmRecord } from '../store/types.ts';
import type { Machine } from '../vmm/port.ts';
import { type RecoveryOptions, recover } from './recover.ts';

const never = new AbortController().signal;
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
let directory: TempDir;
let store: Store;
let log: string[];
let alive: Set<string>;

beforeEach(() => {
  directory = new TempDir();
  mkdirSync(join(directory.path, 'vms'));
  store = directory.open();
  log = [];
  alive = new Set();
});
afterEach(() => {
  store.close();
  directory[Symbol.dispose]();
});

const put = (...vms: readonly VmRecord[]) =>
  store.transaction('normal', () => {
    for (const vm of vms) store.vms.insert(vm);
  });
const processOf = (pid: number, boot = bootId) => ({ pid, startTimeTicks: 1, bootId: boot });

function run(more: Partial<RecoveryOptions> = {}, signal: AbortSignal = never) {
  const machines = new Map<string, Machine>();
  return recover(
    {
      store,
      vmsDirectory: join(directory.path, 'vms'),
      manifestOf: (id) => join(directory.path, 'vms', id, 'manifest.json'),
      onUnknown: () => {},
      nameOf: (id) => ({ tag: id, directory: join(directory.path, 'vms', id) }),
      vmm: {
        find: () => Promise.resolve(undefined),
        adopt: async ({ tag }, { pid }) => (alive.has(tag) ? ({ identity: processOf(pid) } as Machine) : undefined),
      },
      machines: {
        get: (id) => machines.get(id),
        attach: (id, machine) => {
          log.push(`attach ${id.at(-1)}`);
          machines.set(id, machine);
        },
      },
      recoverOperations: () => {
        log.push('operations');
        return Promise.resolve([{ kind: 'vm.stop', state: 'succeeded' }]);
      },
      interruptOperations: () => void log.push('interrupt'),
      reap: async (id, reason) => {
        log.push(`reap ${id.at(-1)}: ${reason}`);
      },
      ...more,
    },
    signal,
  );
}

describe('after a start', () => {
  it('what lives is watched before operations go on, and what is gone is reaped with its reason', async () => {
    const lives = sampleVm(1, { process: processOf(11) });
    const died = sampleVm(2, { process: processOf(12) });
    const rebooted = sampleVm(3, { process: processOf(13, 'an earlier boot') });
    const stopped = sampleVm(4, { state: 'stopped', process: null });
    put(lives, died, rebooted, stopped);
    alive.add(lives.id);
    expect(await run()).toEqual({
      adopted: ['vm-1'],
      ended: ['vm-2', 'vm-3'],
      rebuilt: [],
      operations: [{ kind: 'vm.stop', state: 'succeeded' }],
    });
    expect(log).toEqual([
      'attach 1',
      'operations',
      'reap 2: the VMM ended while the daemon was not running',
      'reap 3: the host was restarted',
    ]);
  });

  it('a VM that is being stopped or deleted is watched, for the operation that goes on', async () => {
    const vms = [
      sampleVm(1, { state: 'stopping', process: processOf(11) }),
      sampleVm(2, { state: 'deleting', process: processOf(12) }),
    ];
    put(...vms);
    for (const { id } of vms) alive.add(id);
    expect(await run()).toMatchObject({ adopted: [], ended: [] });
    expect(log).toEqual(['attach 1', 'attach 2', 'operations']);
  });

  it('what an operation has brought to an end is not reaped', async () => {
    const vm = sampleVm(1, { process: processOf(11) });
    put(vm);
    const recoverOperations = async () => {
      store.transaction('normal', () => store.vms.delete(vm.id));
      return [];
    };
    expect(await run({ recoverOperations })).toMatchObject({ adopted: [], ended: [] });
    expect(log).toEqual([]);
  });

  it('many are reaped, some at a time', async () => {
    put(...Array.from({ length: 50 }, (_, index) => sampleVm(index + 1, { process: processOf(index + 10) })));
    let running = 0;
    let most = 0;
    const reaped: string[] = [];
    const reap = async (id: string) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      running -= 1;
      reaped.push(id);
    };
    expect((await run({ reap })).ended).toHaveLength(50);
    expect(new Set(reaped).size).toBe(50);
    expect(reaped).toHaveLength(50);
    expect(most).toBe(8);
  });

  it('a stop does not wait for operations that were resumed, and nothing is reaped any more', async () => {
    put(sampleVm(1, { process: processOf(11) }));
    const stopping = new AbortController();
    const resumed = Promise.withResolvers<never[]>();
    const begun = Promise.withResolvers<void>();
    const recoverOperations = () => {
      begun.resolve();
      return resumed.promise;
    };
    const interruptOperations = () => resumed.resolve([]);
    const recovering = run({ recoverOperations, interruptOperations }, stopping.signal);
    await begun.promise;
    stopping.abort(new Error('stopped'));
    await expect(recovering).rejects.toThrow('stopped');
    expect(log).toEqual([]);
  });

  it('a stop comes before anything is resumed', async () => {
    put(sampleVm(1, { process: processOf(11) }));
    await expect(run({}, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    expect(log).toEqual([]);
  });
});
