import { readFile } from 'node:fs/promises';
import type { DaemonOptions } from '@banger/daemon';

/** Reads the options that `startDaemon` wrote. */
export async function loadTestConfig(path: string): Promise<DaemonOptions> {
  return JSON.parse(await readFile(path, 'utf8')) as DaemonOptions;
}
