export { loadConfig, resolveConfig } from './config/resolve.ts';
export type { Config, DaemonOptions } from './config/schema.ts';
