import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { RecoveryGate } from './gate.ts';

const never = new AbortController().signal;

describe('the gate', () => {
  it('holds back until it is opened, and nobody after that', async () => {
    const gate = new RecoveryGate();
    const passed: string[] = [];
    const waiting = [gate.pass(never, 60_000), gate.pass(never, 60_000)].map((pass) =>
      pass.then(() => passed.push('one')),
    );
    await Promise.resolve();
    expect([gate.state, passed]).toEqual(['recovering', []]);
    gate.open();
    await Promise.all(waiting);
    expect(getEventListeners(never, 'abort')).toEqual([]);
    await gate.pass(AbortSignal.abort(), 0);
    expect([gate.state, passed]).toEqual(['ready', ['one', 'one']]);
  });

  it('says after a while that it is still closed', async () => {
    await expect(new RecoveryGate().pass(never, 10)).rejects.toMatchObject({
      code: 'timeout',
      remediation: expect.stringContaining('banger daemon status'),
    });
  });

  it('lets go of who is cancelled, before or while it waits, with the reason', async () => {
    const gate = new RecoveryGate();
    await expect(gate.pass(AbortSignal.abort(new Error('gone')), 60_000)).rejects.toThrow('gone');
    const client = new AbortController();
    const waiting = gate.pass(client.signal, 60_000);
    client.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    expect(getEventListeners(client.signal, 'abort')).toEqual([]);
  });
});
