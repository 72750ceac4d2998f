import { mkdir, readFile } from 'node:fs/promises';
import { systemClock } from '@banger/system';
import { type Composition, compose, type Hooks } from './compose.ts';
import { type Config, type DaemonOptions, resolveConfig } from './config.ts';
import { BangerError } from './errors.ts';
import { createLogger, type Logger } from './logger.ts';
import { type Paths, resolvePaths } from './paths.ts';
import { openStore } from './store/open.ts';
import { acquireStateLock } from './store/state-lock.ts';

export interface ServeOptions {
  /** Ends serving; VMs go on running. */
  readonly signal?: AbortSignal;
  /** Called once clients can connect. */
  readonly onListening?: (socketPath: string) => void;
}

/**
 * The daemon, to be embedded: `open`, `serve`, `close`. Everything else is reached through its socket.
 * One daemon per state directory; several may live in one host, or in one process.
 */
export class Daemon implements AsyncDisposable {
  readonly socketPath: string;
  readonly #logger: Logger;
  readonly #group: string;
  readonly #parts: Composition;
  readonly #resources: AsyncDisposableStack;
  readonly #stopping = new AbortController();
  #closed: Promise<void> | undefined;

  private constructor(
    config: Config,
    paths: Paths,
    logger: Logger,
    parts: Composition,
    resources: AsyncDisposableStack,
  ) {
    this.socketPath = paths.socket;
    this.#group = config.socketGroup;
    this.#logger = logger;
    this.#parts = parts;
    this.#resources = resources;
  }

  /**
   * Locks the state directory, opens the database and chooses VMM and disk backend. Touches no VM.
   * @throws BangerError config_invalid, path_too_long, daemon_already_running, state_corrupt, permission_denied,
   * prerequisite_missing
   */
  static open(options: DaemonOptions = {}, hooks: Hooks = {}): Promise<Daemon> {
    return Daemon.openWith(resolveConfig(options), hooks);
  }

  /** As `open`, with a configuration that is complete and checked already. */
  static async openWith(config: Config, hooks: Hooks = {}): Promise<Daemon> {
    const paths = resolvePaths(config);
    await using resources = new AsyncDisposableStack();
    await makeDirectories(paths);
    const logger =
      hooks.logger ?? createLogger({ level: config.logLevel, ...(config.logFile && { file: config.logFile }) });
    resources.use(acquireStateLock(paths.stateLock));
    const store = resources.adopt(openStore({ path: paths.database, clock: systemClock }), (opened) => opened.close());
    const stop = { request: () => {} };
    const parts = await compose({ config, paths, store, logger, hooks, requestStop: () => stop.request() });
    const daemon = new Daemon(config, paths, logger, parts, resources.move());
    stop.request = () => daemon.#stopping.abort();
    return daemon;
  }

  /** Listens, recovers, and serves until `signal` aborts or a client calls `daemon.stop`; then closes. */
  async serve({ signal, onListening }: ServeOptions = {}): Promise<void> {
    const until = AbortSignal.any([this.#stopping.signal, ...(signal ? [signal] : [])]);
    try {
      until.throwIfAborted();
      await this.#parts.rpc.listenUnix(this.socketPath, {
        mode: 0o660,
        ...(await socketOwner(this.#group, this.#logger)),
      });
      this.#logger.info({ socket: this.socketPath }, 'listening');
      onListening?.(this.socketPath);
      await this.#parts.recover(until);
      await ended(until);
    } catch (error) {
      if (!until.aborted) throw error;
    } finally {
      await this.close();
    }
  }

  /** Undoes operations that run, lets VMs live on, and releases everything else. Fine when it was called already. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await using _released = this.#resources;
    this.#stopping.abort();
    this.#logger.info('closing');
    await this.#parts.close();
  }
}

/** @throws BangerError permission_denied */
async function makeDirectories(paths: Paths): Promise<void> {
  const { stateDir, vmsDir, imagesDir, imageStagingDir, trashDir, assetsDir, runDir } = paths;
  try {
    for (const directory of [stateDir, vmsDir, imagesDir, imageStagingDir, trashDir, assetsDir])
      await mkdir(directory, { recursive: true, mode: 0o700 });
    await mkdir(runDir, { recursive: true, mode: 0o755 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BangerError('permission_denied', `the daemon's directories cannot be made: ${why}`, {
      remediation: 'Run the daemon as root, or set another state_dir and run_dir.',
      cause,
    });
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The configured group where the host has it; else the socket is its owner's alone. */
async function socketOwner(group: string, logger: Logger): Promise<{ group?: string }> {
  const groups = (await readFile('/etc/group', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':')[0]);
  if (groups.includes(group)) return { group };
  logger.info({ group }, 'no such group: only the owner may use the socket');
  return {};
}
