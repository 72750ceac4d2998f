import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleVm, TempDir } from '../store/testing.ts';
import type { Store, VmState } from '../store/types.ts';
import { requireState, transition } from './states.ts';

const states: readonly VmState[] = ['creating', 'stopped', 'starting', 'running', 'stopping', 'deleting'];
/** Written again here, so that a change of the table is a change of mind. */
const allowed = new Set([
  'creating running',
  'creating deleting',
  'stopped starting',
  'stopped deleting',
  'starting running',
  'starting stopped',
  'starting stopping',
  'starting deleting',
  'running stopping',
  'running deleting',
  'stopping stopped',
  'stopping running',
  'stopping stopping',
  'stopping deleting',
  'deleting deleting',
]);

let directory: TempDir;
let store: Store;
beforeEach(() => {
  directory = new TempDir();
  store = directory.open();
});
afterEach(() => {
  store.close();
  directory[Symbol.dispose]();
});

describe('a transition', () => {
  for (const from of states) {
    for (const to of states) {
      const may = allowed.has(`${from} ${to}`);
      it(`from ${from} to ${to} is ${may ? 'allowed' : 'a defect'}`, () => {
        const vm = sampleVm(1, { state: from, stateReason: 'of before' });
        const move = () =>
          store.transaction('normal', () => {
            store.vms.insert(vm);
            transition(store, vm.id, to, { stoppedAt: 'now' });
          });
        if (!may) {
          expect(move).toThrow(`cannot go from ${from} to ${to}`);
          expect(store.vms.list()).toEqual([]);
          return;
        }
        move();
        expect(store.vms.get(vm.id)).toEqual({ ...vm, state: to, stateReason: null, stoppedAt: 'now' });
      });
    }
  }

  it('of a VM that is gone is a defect', () => {
    expect(() => store.transaction('normal', () => transition(store, 'gone', 'running'))).toThrow(/no row/);
  });
});

describe('a required state', () => {
  it.each(states)('is %s, or the error says what to do', (state) => {
    const vm = sampleVm(1, { state });
    expect(() => requireState(vm, [state], 'start')).not.toThrow();
    const others = states.filter((other) => other !== state);
    expect(() => requireState(vm, others, 'start')).toThrow(
      expect.objectContaining({
        code: 'vm_wrong_state',
        message: `cannot start VM vm-1: it is ${state}`,
        remediation: expect.stringMatching(/banger vm|Wait/),
      }),
    );
  });
});
