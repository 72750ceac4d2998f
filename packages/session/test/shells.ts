import { spawnSync } from 'node:child_process';

export interface ShellResult {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The shells of this machine that a guest may have. Every machine has `sh`. */
export const shells: readonly (readonly string[])[] = [['sh'], ['dash'], ['bash', '--norc'], ['busybox', 'sh']].filter(
  ([file = '', ...args]) => spawnSync(file, [...args, '-c', 'true']).status === 0,
);

/** Runs a line as sshd does: `SHELL -c LINE`. */
export function runLine(shell: readonly string[], line: string): ShellResult {
  const [file = '', ...args] = shell;
  const { status, signal, stdout, stderr } = spawnSync(file, [...args, '-c', line], {
    encoding: 'utf8',
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { status, signal, stdout, stderr };
}
