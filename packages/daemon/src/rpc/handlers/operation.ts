import type { Result } from '@banger/api-types';
import type { Handlers } from '../types.ts';

type View = Result<'op.status'>;

/** What the operation methods need of the operations. */
export interface OperationService {
  status(id: string): View;
  statusAfter(id: string, afterVersion: number, waitMs: number, signal: AbortSignal): Promise<View>;
  cancel(id: string): View;
}

const DEFAULT_WAIT_MS = 30_000;

export function operationHandlers(operations: OperationService): Pick<Handlers, 'op.status' | 'op.cancel'> {
  return {
    'op.status': ({ operation, afterVersion, waitMs }, { signal }) =>
      afterVersion === undefined
        ? operations.status(operation)
        : operations.statusAfter(operation, afterVersion, waitMs ?? DEFAULT_WAIT_MS, signal),
    'op.cancel': ({ operation }) => operations.cancel(operation),
  };
}
