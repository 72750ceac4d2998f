import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';

/** How to start bangerd: a program and the words before its own options. */
export interface DaemonProgram {
  readonly file: string;
  readonly argv: readonly string[];
}

/**
 * Finds bangerd: where it is said to be, else in the package beside ours, else on $PATH.
 * @param told path from the command line
 * @throws CliError `prerequisite_missing`
 */
export function locateDaemon({ io }: Pick<Context, 'io'>, told: string | undefined): DaemonProgram {
  const named = told ?? (io.environment['BANGER_BANGERD'] || undefined);
  if (named !== undefined) {
    if (isFile(named)) return asProgram(resolve(named));
    throw new CliError('prerequisite_missing', `bangerd is not at ${named}`, {
      remediation: 'Name it with --bangerd FILE or BANGER_BANGERD, or leave both out.',
    });
  }
  const found = besideUs(io.programPath).find(isFile);
  if (found !== undefined) return asProgram(found);
  const onPath = (io.environment['PATH'] ?? '').split(delimiter).map((folder) => join(folder || '.', 'bangerd'));
  const program = onPath.find(isExecutable);
  if (program !== undefined) return asProgram(program);
  throw new CliError('prerequisite_missing', 'bangerd was not found beside banger nor on $PATH', {
    remediation: 'Install @banger/banger, which carries both, or name it with --bangerd FILE.',
  });
}

/** The daemon's package as a package manager puts it: next to ours, by the path we were started with or our real one. */
function besideUs(programPath: string): string[] {
  // In a checkout our source uses the daemon's, our build the daemon's build.
  const main = programPath.endsWith('.ts') ? 'daemon/src/main.ts' : 'daemon/dist/main.js';
  const homes = [programPath, realPath(programPath)].map((path) => resolve(path, '../../..'));
  return homes.map((home) => join(home, main));
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** A script runs with the Node.js that runs us: the one on $PATH may be too old. */
function asProgram(path: string): DaemonProgram {
  if (/\.[cm]?js$/.test(path)) return { file: process.execPath, argv: [path] };
  if (path.endsWith('.ts')) return { file: process.execPath, argv: ['--conditions=source', path] };
  return { file: path, argv: [] };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return isFile(path);
  } catch {
    return false;
  }
}
