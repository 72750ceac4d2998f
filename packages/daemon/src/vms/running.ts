import type { ProcessIdentity } from '@banger/system';
import type { Json, OperationRecord } from '../ops/types.ts';
import type { VmRecord } from '../store/types.ts';

/** What a finished start changes in the VM's row, from the outputs in the journal. */
export function runningFrom(record: OperationRecord<Json>, now: Date): Partial<Omit<VmRecord, 'id' | 'state'>> {
  // The journal's outputs were written by our own step types, whose types these are.
  const process = record.output('machine.start') as unknown as ProcessIdentity;
  const { hostPublicKey } = record.output('seed.write') as { hostPublicKey: string };
  return { process, hostPublicKey, bootOperation: record.id, startedAt: now.toISOString(), stoppedAt: null };
}
