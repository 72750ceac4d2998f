export type { AsyncOp, RegistryOptions, Snapshot, WaitOptions } from './registry.ts';
export { Registry } from './registry.ts';
