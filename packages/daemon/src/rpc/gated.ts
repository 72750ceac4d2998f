import type { CallContext, Handlers } from './types.ts';

type AnyHandler = (params: never, context: CallContext) => unknown;

/** Calls of these methods wait until `ready` resolves; the others are answered at once. */
export function gated(
  handlers: Handlers,
  waits: (method: string) => boolean,
  ready: (signal: AbortSignal) => Promise<void>,
): Handlers {
  const wrap =
    (handler: AnyHandler): AnyHandler =>
    async (params, context) => {
      await ready(context.signal);
      return handler(params, context);
    };
  const entries = Object.entries(handlers).map(([method, handler]) => [
    method,
    waits(method) ? wrap(handler as AnyHandler) : handler,
  ]);
  // The names are those of `handlers`, and a wrapped handler has the type of what it wraps.
  return Object.fromEntries(entries) as Handlers;
}
