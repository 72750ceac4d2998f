import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeHost } from './fake-host.ts';
import { adoptMicrovm } from './find.ts';
import type { Microvm } from './microvm.ts';

let directory: string;
let host: FakeHost;
let microvm: Microvm | undefined;

const adopt = async () =>
  await adoptMicrovm(host.processes, { tag: 'test-1', directory }, host.identity, { timeoutMs: 50 });

async function adopted(): Promise<Microvm> {
  microvm = await adopt();
  if (!microvm) throw new Error('it is gone');
  return microvm;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'watch-'));
  host = new FakeHost();
  host.live = true;
  await host.listen(directory);
});

afterEach(async () => {
  microvm?.release();
  await host.close();
  await rm(directory, { recursive: true });
});

test('a guest that powers off ends the machine by its own wish', async () => {
  const { ended } = await adopted();
  host.server?.event('SHUTDOWN', { guest: true, reason: 'guest-shutdown' });
  host.die();
  await expect(ended).resolves.toMatchObject({ cause: 'guest-shutdown', requested: true });
});

test('a death without a word is noticed within a second, and its control files go', async () => {
  await writeFile(join(directory, 'vmm.pid'), '4000001\n');
  await writeFile(join(directory, 'vmm-1.log'), 'segfault at 0\n');
  const { ended } = await adopted();
  const before = performance.now();
  host.die();
  await expect(ended).resolves.toMatchObject({ cause: 'unknown', reason: expect.stringContaining('segfault at 0') });
  expect(performance.now() - before).toBeLessThan(1000);
  expect(await readdir(directory)).toEqual(['vmm-1.log']);
});

test('a lost connection is no end: it is made again', async () => {
  const watched = await adopted();
  host.server?.hangUp();
  await expect.poll(async () => await watched.status().catch(() => undefined), { timeout: 3000 }).toBeDefined();
  host.die();
  await expect(watched.ended).resolves.toMatchObject({ cause: 'unknown' });
});

test('one that lives and does not answer is adopted, and its death is noticed', async () => {
  if (host.server) host.server.greets = false;
  const watched = await adopted();
  await expect(watched.status()).rejects.toMatchObject({ code: 'qmp_closed' });
  const before = performance.now();
  host.live = false;
  await expect(watched.ended).resolves.toMatchObject({ cause: 'unknown' });
  expect(performance.now() - before).toBeLessThan(1000);
});

test('one that is gone is not adopted', async () => {
  host.live = false;
  await expect(adopt()).resolves.toBeUndefined();
});

test('kill is the first cause, whatever QEMU says afterwards', async () => {
  const watched = await adopted();
  const killed = watched.kill();
  host.server?.event('SHUTDOWN', { guest: false, reason: 'host-signal' });
  await expect(killed).resolves.toMatchObject({ cause: 'killed', requested: false });
  expect(host.signals).toEqual(['SIGTERM']);
  await expect(watched.kill()).resolves.toMatchObject({ cause: 'killed' });
  expect(host.signals).toEqual(['SIGTERM']);
});

test('what does not heed SIGTERM is killed a second later, also when nobody waits any more', async () => {
  host.ignored = ['SIGTERM'];
  const watched = await adopted();
  const abort = new AbortController();
  const killed = watched.kill(abort.signal);
  abort.abort(new Error('enough'));
  await expect(killed).rejects.toThrow('enough');
  await expect(watched.ended).resolves.toMatchObject({ cause: 'killed' });
  expect(host.signals).toEqual(['SIGTERM', 'SIGKILL']);
});

test('quit asks, and waits for the end', async () => {
  const watched = await adopted();
  host.server?.answers.set('quit', ({ id }, server) => {
    server.event('SHUTDOWN', { guest: false, reason: 'host-qmp-quit' });
    server.send({ return: {}, id });
    setTimeout(() => host.die(), 5);
  });
  await expect(watched.quit()).resolves.toMatchObject({ cause: 'host-quit' });
});

test('a released machine lives on', async () => {
  const watched = await adopted();
  watched.release();
  await expect.poll(() => host.server?.connections).toBe(0);
  expect(host.live).toBe(true);
  await expect(adopted()).resolves.toBeDefined();
});

test('a machine that stopped for want of space is let run again', async () => {
  if (host.server) host.server.status = { status: 'io-error', running: false };
  await adopted();
  await expect.poll(() => host.server?.commands, { timeout: 4000 }).toContain('cont');
});

test('a released machine can still be killed', async () => {
  const watched = await adopted();
  watched.release();
  await expect(watched.kill()).resolves.toMatchObject({ cause: 'killed' });
  expect(host.live).toBe(false);
});
