import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Registry } from './registry.ts';

interface Pull {
  readonly id: string;
  readonly state: 'running' | 'succeeded' | 'failed';
  readonly percent: number;
}
const pull = (id: string): Pull => ({ id, state: 'running', percent: 0 });
const done = (value: Pull): Pull => ({ ...value, state: 'succeeded', percent: 100 });

describe('Registry', () => {
  it('counts a version for each change', () => {
    const registry = new Registry<Pull>();
    registry.begin(pull('a'));
    expect(registry.get('a')).toEqual({ ...pull('a'), version: 1, ended: false });
    registry.update('a', (value) => ({ ...value, percent: 50 }));
    expect(registry.end('a', done)).toEqual({ ...done(pull('a')), version: 3, ended: true });
    expect(registry.get('b')).toBeUndefined();
  });

  it('takes an id once, and no change after the end', () => {
    const registry = new Registry<Pull>();
    registry.begin(pull('a'));
    expect(() => registry.begin(pull('a'))).toThrow('operation a exists already');
    registry.end('a', done);
    expect(() => registry.update('a', done)).toThrow('operation a has ended');
    expect(() => registry.end('a', done)).toThrow('operation a has ended');
    expect(() => registry.update('b', done)).toThrow('operation b is unknown');
  });

  it('ends without a last change too', () => {
    const registry = new Registry<Pull>();
    registry.begin(pull('a'));
    expect(registry.end('a')).toEqual({ ...pull('a'), version: 2, ended: true });
  });

  it('changes nothing when the change throws', () => {
    const registry = new Registry<Pull>();
    registry.begin(pull('a'));
    const broken = () => {
      throw new Error('no');
    };
    expect(() => registry.end('a', broken)).toThrow('no');
    expect(registry.get('a')?.version).toBe(1);
  });

  it('cancels by signal and leaves the end to the owner', () => {
    const registry = new Registry<Pull>();
    const signal = registry.begin(pull('a'));
    expect(registry.cancel('a', 'user')).toBe(true);
    expect(registry.cancel('a', 'again')).toBe(true);
    expect(signal.reason).toBe('user');
    expect(registry.get('a')?.ended).toBe(false);
    registry.end('a', (value) => ({ ...value, state: 'failed' }));
    expect(registry.cancel('a')).toBe(false);
    expect(registry.cancel('b')).toBe(false);
  });

  it('lists running ones first', () => {
    const registry = new Registry<Pull>();
    for (const id of ['a', 'b', 'c']) registry.begin(pull(id));
    registry.end('a', done);
    expect(registry.list().map((snapshot) => snapshot.id)).toEqual(['b', 'c', 'a']);
  });
});

describe('waitForChange', () => {
  it('answers at once when the version is newer, when it has ended, or when it is unknown', async () => {
    const registry = new Registry<Pull>();
    registry.begin(pull('a'));
    expect((await registry.waitForChange('a', 0))?.version).toBe(1);
    registry.end('a', done);
    expect((await registry.waitForChange('a', 99))?.ended).toBe(true);
    expect(await registry.waitForChange('b', 0)).toBeUndefined();
  });

  it('tells every waiter of the change', async () => {
    const registry = new Registry<Pull>();
    registry.begin(pull('a'));
    const waiting = Array.from({ length: 1000 }, () => registry.waitForChange('a', 1));
    registry.update('a', (value) => ({ ...value, percent: 1 }));
    const seen = await Promise.all(waiting);
    expect(new Set(seen.map((snapshot) => snapshot?.version))).toEqual(new Set([2]));
  });

  it('gives the newest snapshot when changes come faster than the waiter', async () => {
    const registry = new Registry<Pull>();
    registry.begin(pull('a'));
    const waiting = registry.waitForChange('a', 1);
    registry.update('a', (value) => ({ ...value, percent: 1 }));
    registry.update('a', (value) => ({ ...value, percent: 2 }));
    expect((await waiting)?.percent).toBe(2);
  });

  it('answers with the unchanged snapshot at its timeout', async () => {
    const registry = new Registry<Pull>();
    registry.begin(pull('a'));
    expect((await registry.waitForChange('a', 1, { timeoutMs: 20 }))?.version).toBe(1);
  });

  it('ends with the reason of its signal, and others wait on', async () => {
    const registry = new Registry<Pull>();
    registry.begin(pull('a'));
    const controller = new AbortController();
    const aborted = registry.waitForChange('a', 1, { signal: controller.signal });
    const other = registry.waitForChange('a', 1);
    controller.abort(new Error('client left'));
    await expect(aborted).rejects.toThrow('client left');
    await expect(registry.waitForChange('a', 0, { signal: controller.signal })).rejects.toThrow('client left');
    registry.end('a', done);
    expect((await other)?.ended).toBe(true);
  });

  it('answers also when the operation is forgotten meanwhile', async () => {
    const registry = new Registry<Pull>({ keepEndedCount: 0 });
    registry.begin(pull('a'));
    const waiting = registry.waitForChange('a', 1);
    registry.end('a', done);
    registry.prune();
    expect(registry.get('a')).toBeUndefined();
    expect((await waiting)?.state).toBe('succeeded');
  });

  it('leaves no listener behind, however the wait ends', async () => {
    const registry = new Registry<Pull>();
    registry.begin(pull('a'));
    const controller = new AbortController();
    const { signal } = controller;
    for (let n = 0; n < 100; n += 1) await registry.waitForChange('a', 1, { timeoutMs: 0, signal });
    const waiting = registry.waitForChange('a', 1, { timeoutMs: 60_000, signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    registry.end('a', done);
    await waiting;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('prune', () => {
  it('forgets ended operations by age and by number, never running ones', () => {
    let nowMs = 0;
    const registry = new Registry<Pull>({ keepEndedMs: 1000, keepEndedCount: 2, nowMs: () => nowMs });
    for (const id of ['a', 'b', 'c', 'd']) registry.begin(pull(id));
    for (const id of ['c', 'a', 'b']) registry.end(id, done);
    registry.prune();
    const ids = () => registry.list().map((snapshot) => snapshot.id);
    expect(ids()).toEqual(['d', 'a', 'b']);
    nowMs = 1001;
    registry.begin(pull('e'));
    expect(ids()).toEqual(['d', 'e']);
  });
});
