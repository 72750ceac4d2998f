import { createHash } from 'node:crypto';
import { BangerError } from '../errors.ts';
import type { Store } from '../store/types.ts';
import type { Json, RecordedOperation } from './types.ts';

/** Digest of a call: equal for equal parameters, whatever the order of their keys. */
export function callDigest(kind: string, params: Json): string {
  return createHash('sha256').update(kind).update('\0').update(canonical(params)).digest('hex');
}

function canonical(value: Json): string {
  return JSON.stringify(value, (_key, inner: Json) =>
    inner !== null && typeof inner === 'object' && !isList(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/**
 * The operation that this key began before. An interrupted one does not count: nothing of it is left, and the client
 * that asks again wants it done.
 * @throws BangerError idempotency_conflict when the key was used with other parameters.
 */
export function operationOfKey(store: Store, key: string, digest: string, now: Date): RecordedOperation | undefined {
  const bound = store.journal.findKey(key, now);
  if (!bound) return undefined;
  if (bound.paramsDigest !== digest) {
    throw new BangerError('idempotency_conflict', `the idempotency key ${key} was used before with other parameters`, {
      remediation: 'Use a new key for a new call.',
    });
  }
  const operation = store.journal.get(bound.operation);
  return operation?.error?.code === 'operation_interrupted' ? undefined : operation;
}
