import { RpcError } from '@banger/api-types/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorld, run, succeed, untilEnded, type World } from './support/daemon.ts';
import { exec } from './support/exec.ts';

/** Every named moment of a create, in order. */
const steps = [
  'directory.create',
  'disk.root',
  'disk.work',
  'seed.write',
  'tap.create',
  'machine.start',
  'guest.ready',
  'manifest.write',
];
const points = steps.flatMap((step) =>
  ['intended', 'acted', 'recorded'].map((moment) => `vm.create:${step}:${moment}`),
);

/** The daemon that was called died: what the test wants. */
function isGone(error: unknown): boolean {
  return error instanceof RpcError && error.code === 'daemon_unreachable';
}

describe('kill -9 of the daemon', () => {
  let world: World;
  let before: Awaited<ReturnType<World['census']['take']>>;

  beforeAll(async () => {
    world = await makeWorld();
    before = await world.census.take();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    expect(await world.census.differenceTo(before)).toBe('');
  });

  it.each(points)('at %s: the VM is undone or whole, and a retry makes one', async (point) => {
    const idempotencyKey = `retry of ${point}`;
    await using dying = await world.start(`${point}=kill`);
    const created = run(dying.client, 'vm.create', { image: 'debian', name: 'web', idempotencyKey });
    const survived = created.then((operation) => Promise.reject(new Error(`it lived: ${JSON.stringify(operation)}`)));
    await Promise.race([
      dying.ended(),
      survived.catch((error: unknown) => (isGone(error) ? dying.ended() : Promise.reject(error))),
    ]);

    await using next = await world.start();
    const { vms } = await next.client.call('vm.list', {});
    // After the last record the create had committed: the VM is whole and runs.
    const committed = point === 'vm.create:manifest.write:recorded';
    expect(vms.map(({ state }) => state)).toEqual(committed ? ['running'] : []);
    if (committed) {
      const { operation } = await next.client.call('vm.create', { image: 'debian', name: 'web', idempotencyKey });
      expect(await untilEnded(next.client, operation)).toMatchObject({ state: 'succeeded' });
      expect((await exec(next.client, 'web', ['true'])).status).toBe(0);
      await succeed(next.client, 'vm.delete', { vm: 'web' });
    }
    await next.stop();
    expect(await world.census.differenceTo(before)).toBe('');
  });

  it('passed every point that a create has', async () => {
    const visited = new Set((await world.visited()).filter((point) => point.startsWith('vm.create:')));
    expect([...visited].filter((point) => !point.endsWith(':undone')).toSorted()).toEqual(points.toSorted());
  });

  it('in the middle of a delete: the next start finishes it', async () => {
    await using first = await world.start('vm.delete:machine.stop:acted=kill');
    await succeed(first.client, 'vm.create', { image: 'debian', name: 'web' });
    await run(first.client, 'vm.delete', { vm: 'web' }).catch(() => {});
    await first.ended();
    await using next = await world.start();
    expect((await next.client.call('vm.list', {})).vms).toEqual([]);
    await next.stop();
    expect(await world.census.differenceTo(before)).toBe('');
  });
});
