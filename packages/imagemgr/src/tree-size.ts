import type { Runner } from '@banger/system';
import { runTool } from './run-tool.ts';

/** Bytes that a directory's files take in 4 KiB blocks. Root asks, because parts of it only root may read. */
export async function treeBytes(runner: Runner, directory: string, signal?: AbortSignal): Promise<number> {
  const argv = ['du', '--summarize', '--one-file-system', '--block-size=1', '--', directory] as const;
  const { stdout } = await runTool(runner, argv, { signal, privileged: true, what: 'measuring the image' });
  return Number.parseInt(stdout, 10);
}
