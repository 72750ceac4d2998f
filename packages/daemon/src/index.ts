export type { Hooks } from './compose.ts';
export type { Config, DaemonOptions } from './config.ts';
export { Daemon, type ServeOptions } from './daemon.ts';
export { doctor } from './doctor.ts';
export { BangerError, type BangerErrorOptions } from './errors.ts';
export type { Logger } from './logger.ts';
