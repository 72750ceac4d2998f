import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeRunner } from '@banger/testkit';
import { expect, test } from 'vitest';
import { openDisks } from './open.ts';

const signal = new AbortController().signal;

test('looks at the state directory and leaves nothing in it', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'state-'));
  const { chosen, backends } = await openDisks({
    config: { disk: 'auto' },
    runner: new FakeRunner(),
    stateDir,
    formats: ['raw', 'qcow2'],
    signal,
  });
  expect(['reflink', 'qcow2']).toContain(chosen.kind);
  expect([...backends.keys()]).toEqual(['reflink', 'qcow2', 'copy']);
  expect([...backends].every(([kind, backend]) => backend.kind === kind)).toBe(true);
  expect(await readdir(stateDir)).toEqual([]);
  await rm(stateDir, { recursive: true });
});

test('a state directory that is not there yet has no reflinks', async () => {
  const options = { runner: new FakeRunner(), stateDir: '/nonexistent/state', signal };
  const { chosen } = await openDisks({ ...options, config: { disk: 'auto' }, formats: ['raw'] });
  expect(chosen.kind).toBe('copy');
});
