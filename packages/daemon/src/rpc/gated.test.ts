import { describe, expect, it } from 'vitest';
import { gated } from './gated.ts';
import type { CallContext, Handlers } from './types.ts';

const handlers = {
  'vm.list': () => ({ vms: [] }),
  'vm.start': (params: { vm: string }) => `started ${params.vm}`,
  'vm.stop': () => {
    throw new Error('it does not run');
  },
} as unknown as Handlers;
const context = { signal: new AbortController().signal } as CallContext;

describe('gated handlers', () => {
  const call = (table: Handlers, method: string, params: object = {}): unknown =>
    (table as unknown as Record<string, (params: object, context: CallContext) => unknown>)[method]?.(params, context);

  it('wait for what they need, and the others do not', async () => {
    const open = Promise.withResolvers<void>();
    const table = gated(
      handlers,
      (method) => method !== 'vm.list',
      () => open.promise,
    );
    expect(Object.keys(table)).toEqual(Object.keys(handlers));
    expect(call(table, 'vm.list')).toEqual({ vms: [] });
    let answered = false;
    const started = Promise.resolve(call(table, 'vm.start', { vm: 'web' })).finally(() => {
      answered = true;
    });
    await Promise.resolve();
    expect(answered).toBe(false);
    open.resolve();
    expect(await started).toBe('started web');
    await expect(call(table, 'vm.stop')).rejects.toThrow('it does not run');
  });

  it("are not called when the wait fails, which follows the call's signal", async () => {
    const signals: AbortSignal[] = [];
    const table = gated(
      handlers,
      () => true,
      (signal) => {
        signals.push(signal);
        return Promise.reject(new Error('still recovering'));
      },
    );
    await expect(call(table, 'vm.start', { vm: 'web' })).rejects.toThrow('still recovering');
    expect(signals).toEqual([context.signal]);
  });
});
