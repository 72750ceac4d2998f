import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { change, create, VmTrial } from './testing.ts';

let trial: VmTrial;

beforeEach(() => {
  trial = new VmTrial();
});
afterEach(() => {
  trial[Symbol.dispose]();
  expect(trial.lost).toEqual([]);
});

describe('the life of a VM', () => {
  it('runs, stops, starts, restarts and goes, and leaves nothing', async () => {
    const room = trial.daemon();
    expect(await create(room, 'web')).toMatchObject({ state: 'succeeded', error: null });
    expect(trial.vm('web')).toMatchObject({
      state: 'running',
      guestIp: '10.9.0.2',
      hostPublicKey: 'ssh-ed25519 AAAA',
      process: { pid: 4_000_000 },
    });
    for (const [kind, state, stateReason] of [
      ['stop', 'stopped', 'guest shut down'],
      ['start', 'running', null],
      ['restart', 'running', null],
      ['kill', 'stopped', 'killed by request'],
      ['stop', 'stopped', 'killed by request'],
      ['restart', 'running', null],
    ] as const) {
      expect(await change(room, kind)).toMatchObject({ state: 'succeeded' });
      expect(trial.vm('web')).toMatchObject({ state, stateReason });
    }
    expect(await change(room, 'delete')).toMatchObject({ state: 'succeeded' });
    expect(trial.store.vms.list()).toEqual([]);
    expect([...trial.host.has]).toEqual([]);
    expect(room.machines.size).toBe(0);
  });

  it.each(['disk.root', 'seed.write', 'machine.start', 'guest.ready'])(
    'a create that fails at %s leaves nothing',
    async (what) => {
      trial.host.failing.add(what);
      expect(await create(trial.daemon(), 'web')).toMatchObject({ state: 'failed', error: { code: 'disk_full' } });
      expect(trial.store.vms.list()).toEqual([]);
      expect([...trial.host.has, ...trial.host.machines]).toEqual([]);
    },
  );

  it.each(['seed.write', 'machine.start', 'guest.ready'])(
    'a start that fails at %s leaves it stopped',
    async (what) => {
      const room = trial.daemon();
      await create(room, 'web');
      await change(room, 'stop');
      trial.host.failing.add(what);
      expect(await change(room, 'start')).toMatchObject({ state: 'failed', error: { code: 'disk_full' } });
      const stateReason = `start failed: no room for ${what}`;
      expect(trial.vm('web')).toMatchObject({ state: 'stopped', process: null, stateReason });
      expect(room.machines.size).toBe(0);
    },
  );

  it('a restart that fails stays as far as it came', async () => {
    const room = trial.daemon();
    await create(room, 'web');
    trial.host.failing.add('guest.power-off');
    expect(await change(room, 'restart')).toMatchObject({ state: 'failed' });
    expect(trial.vm('web')).toMatchObject({ state: 'running', process: { pid: 4_000_000 } });
    trial.host.failing.clear();
    trial.host.failing.add('guest.ready');
    expect(await change(room, 'restart')).toMatchObject({ state: 'failed' });
    const stateReason = 'restart failed: no room for guest.ready';
    expect(trial.vm('web')).toMatchObject({ state: 'stopped', process: null, stateReason });
  });

  it('a delete that fails can be repeated', async () => {
    const room = trial.daemon();
    await create(room, 'web');
    trial.host.failing.add('disk.remove');
    expect(await change(room, 'delete')).toMatchObject({ state: 'failed' });
    expect(trial.vm('web')).toMatchObject({ state: 'deleting', stateReason: 'delete failed: no room for disk.remove' });
    trial.host.failing.clear();
    expect(await change(room, 'delete')).toMatchObject({ state: 'succeeded' });
    expect(trial.store.vms.list()).toEqual([]);
  });
});

describe('what is refused', () => {
  it('a name that is taken, at once', async () => {
    const room = trial.daemon();
    await create(room, 'web');
    expect((await create(room, 'web')).error).toMatchObject({ code: 'vm_name_taken' });
  });

  it('a VM when no address is free', async () => {
    const room = trial.daemon();
    await create(room, 'a');
    await create(room, 'b');
    expect((await create(room, 'c')).error).toMatchObject({ code: 'addresses_exhausted' });
  });

  it('a disk that is smaller than the image', async () => {
    const { vms, operations } = trial.daemon();
    const { id } = vms.create({ image: 'debian', diskBytes: 2 ** 29 });
    expect((await operations.ended(id)).error).toMatchObject({ code: 'invalid_params' });
  });

  it('an image that was deleted between preparation and plan', async () => {
    const room = trial.daemon();
    const created = create(room, 'web');
    trial.store.transaction('durable', () => trial.store.images.delete('00000000000000aa'));
    expect((await created).error).toMatchObject({ code: 'image_not_found' });
    expect(trial.store.vms.list()).toEqual([]);
  });

  it('a start of what runs, and a command in what does not', async () => {
    const room = trial.daemon();
    await create(room, 'web');
    expect((await change(room, 'start')).error).toMatchObject({ code: 'vm_wrong_state' });
    expect(trial.vm('web')?.state).toBe('running');
    await change(room, 'stop');
    expect(() => room.vms.exec({ vm: 'web', argv: ['true'] })).toThrow(
      expect.objectContaining({ code: 'vm_wrong_state', remediation: 'Start it with `banger vm start`.' }),
    );
  });
});

describe('a retried call', () => {
  it('of a create gives the same VM', async () => {
    const { vms, operations } = trial.daemon();
    const call = { image: 'debian', name: 'web', idempotencyKey: 'key-00001' };
    const { id } = vms.create(call);
    await operations.ended(id);
    expect(vms.create(call).id).toBe(id);
    expect(trial.store.vms.list()).toHaveLength(1);
  });

  it('of a delete is answered although the VM is gone', async () => {
    const room = trial.daemon();
    await create(room, 'web');
    const call = { vm: 'web', idempotencyKey: 'key-00001' };
    const { id } = room.vms.delete(call);
    await room.operations.ended(id);
    expect(room.vms.delete(call)).toMatchObject({ id, state: 'succeeded' });
    expect(() => room.vms.delete({ vm: 'web' })).toThrow(expect.objectContaining({ code: 'vm_not_found' }));
  });
});
