import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dieAt } from '../ops/testing.ts';
import { change, create, VmTrial } from './testing.ts';

let trial: VmTrial;

beforeEach(() => {
  trial = new VmTrial();
});
afterEach(() => {
  trial[Symbol.dispose]();
  expect(trial.lost).toEqual([]);
});

describe('a VMM that dies', () => {
  it('is noticed, and the reason is kept', async () => {
    await create(trial.daemon(), 'web');
    trial.machine('web')?.end('VMM killed by SIGKILL');
    await expect
      .poll(() => trial.vm('web'))
      .toMatchObject({ state: 'stopped', stateReason: 'VMM killed by SIGKILL', process: null });
  });

  it('in the last moment of its create is noticed too', async () => {
    trial.host.onReady = (vmId) => trial.host.machines.get(vmId)?.end('guest panicked');
    expect(await create(trial.daemon(), 'web')).toMatchObject({ state: 'succeeded' });
    await expect.poll(() => trial.vm('web')).toMatchObject({ state: 'stopped', stateReason: 'guest panicked' });
  });

  it('during a stop is stopped by it', async () => {
    const room = trial.daemon();
    await create(room, 'web');
    trial.host.hanging.add('guest.power-off');
    const stopping = room.vms.stop({ vm: 'web' });
    await expect.poll(() => trial.vm('web')?.state).toBe('stopping');
    trial.machine('web')?.end('guest powered off');
    room.operations.cancel(stopping.id);
    await room.operations.ended(stopping.id);
    await expect.poll(() => trial.vm('web')).toMatchObject({ state: 'stopped', stateReason: 'guest powered off' });
  });

  it('and cannot be cleaned up harms nobody else, and is cleaned up by the next operation', async () => {
    const room = trial.daemon();
    await create(room, 'web');
    const { insert } = trial.store.journal;
    trial.store.journal.insert = () => {
      throw new Error('the disk is full');
    };
    trial.machine('web')?.end('VMM killed by SIGKILL');
    await expect.poll(() => trial.lost.splice(0)).toEqual([new Error('the disk is full')]);
    trial.store.journal.insert = insert.bind(trial.store.journal);
    expect(await change(room, 'stop')).toMatchObject({ state: 'succeeded' });
    expect(trial.vm('web')?.state).toBe('stopped');
  });

  it('when the daemon closes is left to its next start', async () => {
    const room = trial.daemon();
    await create(room, 'web');
    await room.operations.close();
    trial.machine('web')?.end('VMM killed by SIGKILL');
    await trial.machine('web')?.ended;
    expect(trial.vm('web')?.state).toBe('running');
    await trial.daemon().reap(trial.vm('web')?.id ?? '', 'the VMM ended');
    expect(trial.vm('web')).toMatchObject({ state: 'stopped', stateReason: 'the VMM ended' });
  });
});

describe('what takes the place of another operation', () => {
  it('a delete cancels the create that runs', async () => {
    const room = trial.daemon();
    trial.host.hanging.add('guest.ready');
    const created = create(room, 'web');
    await expect.poll(() => trial.host.machines.size).toBe(1);
    const deleted = change(room, 'delete');
    expect(await created).toMatchObject({ state: 'cancelled', error: { message: 'vm.delete took its place' } });
    expect(await deleted).toMatchObject({ state: 'succeeded' });
    expect([...trial.host.has, ...trial.host.machines]).toEqual([]);
    expect(trial.store.vms.list()).toEqual([]);
  });

  it('a kill cancels the start that runs, and the VM is stopped', async () => {
    const room = trial.daemon();
    await create(room, 'web');
    await change(room, 'stop');
    trial.host.hanging.add('guest.ready');
    const started = change(room, 'start');
    await expect.poll(() => trial.host.machines.size).toBe(1);
    expect(await change(room, 'kill')).toMatchObject({ state: 'succeeded' });
    expect(await started).toMatchObject({ state: 'cancelled' });
    expect(trial.vm('web')).toMatchObject({ state: 'stopped', process: null });
    expect(trial.host.machines.size).toBe(0);
  });

  it('a kill ends a stop that waits for its guest', async () => {
    const room = trial.daemon();
    await create(room, 'web');
    trial.host.hanging.add('guest.power-off');
    const stopped = change(room, 'stop');
    await expect.poll(() => trial.vm('web')?.state).toBe('stopping');
    expect(await change(room, 'kill')).toMatchObject({ state: 'succeeded' });
    expect(await stopped).toMatchObject({ state: 'cancelled' });
    expect(trial.vm('web')).toMatchObject({ state: 'stopped', stateReason: 'killed by request' });
  });

  it('two creates at once get two addresses, two deletes at once are both fine', async () => {
    const room = trial.daemon();
    await Promise.all([create(room, 'a'), create(room, 'b')]);
    expect(
      trial.store.vms
        .list()
        .map(({ guestIp }) => guestIp)
        .toSorted(),
    ).toEqual(['10.9.0.2', '10.9.0.3']);
    const deleted = await Promise.all([change(room, 'delete', 'a'), change(room, 'delete', 'a')]);
    expect(deleted.map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
  });

  it('of two creates with one name one wins', async () => {
    const room = trial.daemon();
    const both = await Promise.all([create(room, 'web'), create(room, 'web')]);
    expect(both.map(({ error }) => error?.code ?? 'fine').toSorted()).toEqual(['fine', 'vm_name_taken']);
    expect(trial.store.vms.list()).toHaveLength(1);
  });
});

describe('a start whose undo was incomplete', () => {
  it('is cleared up by a kill, and the next daemon leaves the VM alone', async () => {
    const room = trial.daemon();
    await create(room, 'web');
    await change(room, 'stop');
    trial.host.failing.add('guest.ready').add('undo machine.start');
    expect((await change(room, 'start')).error).toMatchObject({ code: 'undo_incomplete' });
    expect(trial.vm('web')?.state).toBe('starting');
    trial.host.failing.clear();
    expect(await change(room, 'kill')).toMatchObject({ state: 'succeeded' });
    expect(trial.host.machines.size).toBe(0);
    expect(await change(room, 'start')).toMatchObject({ state: 'succeeded' });
    await trial.daemon().operations.recover();
    expect(trial.vm('web')?.state).toBe('running');
    expect(trial.host.machines.size).toBe(1);
  });

  it('stays what it is when the kill fails too', async () => {
    const room = trial.daemon();
    await create(room, 'web');
    await change(room, 'stop');
    trial.host.failing.add('guest.ready').add('undo machine.start').add('machine.stop');
    await change(room, 'start');
    expect(await change(room, 'kill')).toMatchObject({ state: 'failed', error: { code: 'disk_full' } });
    expect(trial.vm('web')).toMatchObject({ state: 'stopping', stateReason: 'stop failed: no room for machine.stop' });
    trial.host.failing.clear();
    expect(await change(room, 'stop')).toMatchObject({ state: 'succeeded' });
    expect(trial.vm('web')?.state).toBe('stopped');
  });
});

describe('a daemon that ends in the middle', () => {
  it.each(['stop', 'kill', 'delete'] as const)('of a %s: the next one finishes it', async (kind) => {
    const { failpoint, died } = dieAt(`vm.${kind}:machine.stop:acted`);
    const room = trial.daemon(failpoint);
    await create(room, 'web');
    void change(room, kind);
    await died;
    await trial.daemon().operations.recover();
    expect(trial.vm('web')?.state).toBe(kind === 'delete' ? undefined : 'stopped');
  });

  it('of a restart, its machine ended and that not recorded: it is seen to be gone', async () => {
    const { failpoint, died } = dieAt('vm.restart:machine.stop:acted');
    const room = trial.daemon(failpoint);
    await create(room, 'web');
    void change(room, 'restart');
    await died;
    const next = trial.daemon();
    await next.operations.recover();
    expect(trial.vm('web')?.state).toBe('running');
    await next.reap(trial.vm('web')?.id ?? '', 'the VMM ended while the daemon was not running');
    expect(trial.vm('web')?.state).toBe('stopped');
  });

  it('by a stop of its own: a stop that waits for its guest goes on with the next one', async () => {
    const room = trial.daemon();
    await create(room, 'web');
    trial.host.hanging.add('guest.power-off');
    void change(room, 'stop');
    await expect.poll(() => trial.vm('web')?.state).toBe('stopping');
    await room.operations.close();
    expect(trial.vm('web')?.state).toBe('stopping');
    trial.host.hanging.clear();
    await trial.daemon().operations.recover();
    expect(trial.vm('web')).toMatchObject({ state: 'stopped', stateReason: 'guest shut down' });
  });
});
