import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Problem } from './problem.mjs';

/** The top of the checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** The Node.js that the programs run on; there after `pnpm install`. */
export const node24 = join(root, 'node_modules/node/bin/node');

/**
 * What this repository says of itself in package.json.
 * @returns {{ packageManager: string, scripts: Record<string, string> }}
 */
export const readManifest = () =>
  /** @type {ReturnType<typeof readManifest>} */ (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

const TAIL_LINES = 30;

/**
 * The environment of every tool: the checkout's programs first, and git at peace with a checkout of another user.
 * @returns {NodeJS.ProcessEnv}
 */
export function toolEnvironment() {
  const path = [join(root, 'scripts/bin'), join(root, 'node_modules/.bin'), process.env.PATH, '/usr/sbin', '/sbin'];
  return {
    ...process.env,
    PATH: path.filter(Boolean).join(delimiter),
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    DO_NOT_TRACK: '1',
    NPM_CONFIG_UPDATE_NOTIFIER: 'false',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: root,
  };
}

/**
 * Runs a command and answers its output. Each line is also handed to `say`, for the progress display.
 * @param {readonly string[]} argv
 * @param {{ say?: (line: string) => void, env?: NodeJS.ProcessEnv, failure?: string, remedy?: () => Promise<string[]>, tailLines?: number }} [options] `tailLines`: how much of its output a failure shows
 * @returns {Promise<string>} what it wrote to stdout
 * @throws {Problem} when it cannot be started or fails
 */
export async function run(argv, { say, env = toolEnvironment(), failure, remedy, tailLines = TAIL_LINES } = {}) {
  const tail = /** @type {string[]} */ ([]);
  let stdout = '';
  const onLine = (/** @type {string} */ line) => {
    const text = line.trimEnd();
    if (text === '') return;
    tail.push(text);
    if (tail.length > tailLines) tail.shift();
    say?.(text);
  };
  const status = await start(argv, {
    env,
    onStdout: (chunk) => {
      stdout += chunk;
    },
    onLine,
  });
  if (status === 0) return stdout;
  throw new Problem(failure ?? `${argv.join(' ')} failed with status ${status}`, {
    output: tail,
    remedy: (await remedy?.()) ?? [],
  });
}

/**
 * Runs a command on the user's terminal.
 * @param {readonly string[]} argv
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} its exit status; 128 plus the signal's number when a signal ended it
 */
export function runAttached(argv, { env = toolEnvironment() } = {}) {
  return start(argv, { env });
}

/** @type {Record<string, number>} */
const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

/**
 * @param {readonly string[]} argv
 * @param {{ env: NodeJS.ProcessEnv, onStdout?: (chunk: string) => void, onLine?: (line: string) => void }} options
 * @returns {Promise<number>}
 */
function start([command = '', ...args], { env, onStdout, onLine }) {
  return new Promise((resolve, reject) => {
    const piped = onLine !== undefined;
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: piped ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    });
    // The terminal sends Ctrl-C to the child too: it ends first, then its status ends us.
    const ignore = () => {};
    process.on('SIGINT', ignore);
    const forward = () => child.kill('SIGTERM');
    process.on('SIGTERM', forward);
    const settle = () => {
      process.off('SIGINT', ignore);
      process.off('SIGTERM', forward);
    };
    child.stdout?.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => onStdout?.(chunk));
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream?.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
        const lines = (rest + chunk).split(/\r\n|\n|\r/);
        rest = lines.pop() ?? '';
        for (const line of lines) onLine?.(line);
      });
      stream?.on('end', () => onLine?.(rest));
    }
    child.on('error', (error) => {
      settle();
      reject(new Problem(`cannot start ${command}: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      settle();
      resolve(code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0));
    });
  });
}
