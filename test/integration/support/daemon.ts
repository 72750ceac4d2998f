import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MethodName, Params, Result } from '@banger/api-types';
import { type Client, connect } from '@banger/api-types/node';
import type { DaemonOptions } from '@banger/daemon';
import { poll } from '@banger/system';
import { shareImages } from './images.ts';
import { censusOf, type WorldCensus } from './ours.ts';

export type Operation = Result<'op.status'>;

/** State and host names of one daemon under test; several daemons may follow each other in it. */
export interface World extends AsyncDisposable {
  readonly census: WorldCensus;
  readonly directory: string;
  readonly socketPath: string;
  readonly options: DaemonOptions;
  /** Names points at which each daemon of this world that follows shall fail, as parseFailures reads them. */
  start(failures?: string): Promise<TestDaemon>;
  /** What the daemons wrote, for a failed test. */
  log(): Promise<string>;
  /** Points that daemons passed so far. */
  visited(): Promise<readonly string[]>;
}

/** Killed at the end of its scope when it still lives then. */
export interface TestDaemon extends AsyncDisposable {
  readonly client: Client;
  readonly process: ChildProcess;
  /** SIGTERM and the end. */
  stop(): Promise<void>;
  /** SIGKILL and the end. */
  kill(): Promise<void>;
  /** Waits for an end that comes by itself. */
  ended(): Promise<void>;
}

/** A place for a daemon with an address range and a bridge of its own, on the images that all tests share. */
export async function makeWorld(overrides: DaemonOptions = {}): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'bgt-'));
  const stateDir = join(directory, 'state');
  const network = freeNetwork();
  const options: DaemonOptions = {
    stateDir,
    runDir: join(directory, 'run'),
    logLevel: 'debug',
    network,
    defaults: { memory: '512MiB' },
    ...overrides,
  };
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  await shareImages(stateDir, buildImages);
  const configFile = join(directory, 'options.json');
  const logFile = join(directory, 'log');
  const visitedFile = join(directory, 'visited');
  await writeFile(configFile, JSON.stringify(options));
  const running = new Set<TestDaemon>();
  const socketPath = join(directory, 'run', 'banger.sock');
  return {
    directory,
    socketPath,
    options,
    census: censusOf(directory, network.bridge),
    async start(failures = '') {
      const daemon = await launch([configFile, failures, visitedFile], socketPath, logFile);
      running.add(daemon);
      return daemon;
    },
    log: () => readFile(logFile, 'utf8').catch(() => ''),
    visited: async () => (await readFile(visitedFile, 'utf8').catch(() => '')).split('\n').filter(Boolean),
    async [Symbol.asyncDispose]() {
      for (const daemon of running) await daemon.kill();
      await sweep(directory, configFile, socketPath, logFile);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The one real pull of a test run. */
async function buildImages(cache: string): Promise<void> {
  const options: DaemonOptions = { stateDir: cache, runDir: join(cache, 'run'), network: freeNetwork() };
  const configFile = join(cache, 'options.json');
  await writeFile(configFile, JSON.stringify(options));
  const daemon = await launch([configFile], join(cache, 'run', 'banger.sock'), join(cache, 'log'));
  try {
    await succeed(daemon.client, 'image.pull', { image: 'debian' });
  } finally {
    await daemon.stop();
  }
}

/** Whatever the test did: a last daemon deletes what VMs are left, so that nothing stays on the host. */
async function sweep(directory: string, configFile: string, socketPath: string, logFile: string): Promise<void> {
  const last = await launch([configFile, '', join(directory, 'swept')], socketPath, logFile);
  const { vms } = await last.client.call('vm.list', {});
  await Promise.all(vms.map(({ id }) => run(last.client, 'vm.delete', { vm: id })));
  await last.stop();
}

const program = fileURLToPath(new URL('./bangerd.ts', import.meta.url));
/** A first start compiles; a busy machine is slow. */
const START_TIMEOUT_MS = 60_000;

async function launch(args: readonly string[], socketPath: string, logFile: string): Promise<TestDaemon> {
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, ['--conditions=source', program, ...args], {
    stdio: ['ignore', log, 'pipe'],
    detached: true,
  });
  closeSync(log);
  const exited = once(child, 'exit').then(() => {});
  const errors: Buffer[] = [];
  const listening = new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      errors.push(chunk);
      if (Buffer.concat(errors).includes('listening\n')) resolve();
    });
    const failed = (why: string): void => reject(new Error(`bangerd ${why}:\n${Buffer.concat(errors).toString()}`));
    child.once('exit', () => failed('ended before it listened'));
    AbortSignal.timeout(START_TIMEOUT_MS).addEventListener('abort', () => failed('did not listen in time'));
  });
  await listening;
  const client = await connect({ socketPath, client: 'test 0' });
  await recovered(client);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
    client.close();
  };
  return {
    client,
    process: child,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    ended: () => exited,
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  };
}

/** Reads are answered before recovery is over; a test wants to see what comes after it. */
async function recovered(client: Client): Promise<void> {
  await poll(async () => (await client.call('daemon.status', {})).state === 'ready' || undefined, {
    deadlineMs: 60_000,
    initialMs: 5,
    maxMs: 100,
  });
}

type Begins = 'vm.create' | 'vm.start' | 'vm.stop' | 'vm.restart' | 'vm.kill' | 'vm.delete' | 'image.pull';

/** Begins an operation and waits for its end. */
export async function run<M extends Begins & MethodName>(
  client: Client,
  method: M,
  params: Params<M>,
): Promise<Operation> {
  const { operation } = (await client.call(method, params)) as { operation: Operation };
  return untilEnded(client, operation);
}

/** As `run`, and throws when it did not succeed. */
export async function succeed<M extends Begins & MethodName>(
  client: Client,
  method: M,
  params: Params<M>,
): Promise<Operation> {
  const ended = await run(client, method, params);
  if (ended.state !== 'succeeded') throw new Error(`${method} ${ended.state}: ${JSON.stringify(ended.error)}`);
  return ended;
}

export async function untilEnded(client: Client, operation: Operation): Promise<Operation> {
  let latest = operation;
  while (latest.state === 'running') {
    latest = await client.call('op.status', { operation: latest.id, afterVersion: latest.version, waitMs: 30_000 });
  }
  return latest;
}

/** 10.200-247.x.0/24 and a bridge of that number: free on any machine that runs these tests, and side by side. */
function freeNetwork(): { bridge: string; cidr: string } {
  const [a, b] = [200 + randomInt(48), randomInt(256)];
  return { bridge: `bgt${a}-${b}`, cidr: `10.${a}.${b}.0/24` };
}
