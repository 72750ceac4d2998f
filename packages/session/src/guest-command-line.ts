import { shellQuote } from './shell-quote.ts';

export interface GuestCommandLine {
  /** Program and arguments; at least the program. */
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute; the login's own directory unless told. */
  readonly workdir?: string;
}

/** Exit status when the working directory cannot be entered: as a shell has it for a command that cannot be run. */
export const WORKDIR_EXIT_STATUS = 126;

/**
 * Text for the guest's `sh -c` that becomes the program itself, so that its exit status, signals and pid are its own.
 * Fits dash, bash and busybox. A missing program gives status 127 as usual.
 * @throws TypeError for an empty argv, a relative workdir, a NUL character, or an environment name that is empty or holds `=`.
 */
export function guestCommandLine({ argv, env = {}, workdir }: GuestCommandLine): string {
  const [program, ...args] = argv;
  if (program === undefined) throw new TypeError('a command needs at least a program');
  return enter(workdir) + ['exec', ...environment(env, program), program, ...args].map(shellQuote).join(' ');
}

function enter(workdir: string | undefined): string {
  if (workdir === undefined) return '';
  if (!workdir.startsWith('/')) throw new TypeError(`the working directory must be absolute: ${workdir}`);
  const message = `cannot enter the working directory ${workdir}: it does not exist in the guest, or is no directory`;
  const complain = `{ printf '%s\\n' ${shellQuote(message)} >&2; exit ${WORKDIR_EXIT_STATUS}; }`;
  return `cd -- ${shellQuote(workdir)} 2>/dev/null || ${complain}; `;
}

/** What stands between `exec` and the program. env(1) sets any name, also those that a shell holds read-only. */
function environment(env: Readonly<Record<string, string>>, program: string): readonly string[] {
  const assignments = Object.entries(env).map(([name, value]) => {
    if (name === '' || name.includes('=')) throw new TypeError(`not a name of an environment variable: "${name}"`);
    return `${name}=${value}`;
  });
  // env would take such a program for one more assignment; a shell's expansion is neither that nor an option.
  if (program.includes('=')) return ['env', '--', ...assignments, 'sh', '-c', '"$0" "$@"'];
  if (assignments.length > 0 || program.startsWith('-')) return ['env', '--', ...assignments];
  return [];
}
