import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, connect } from '@banger/api-types/node';
import { poll } from '@banger/system';
import { programs } from '../programs.ts';
import type { Place } from './place.ts';

/** The built bangerd, in a place of its own. */
export interface BuiltDaemon extends AsyncDisposable {
  readonly client: Client;
  readonly pid: number;
  /** From the start of its process until it answered and was ready for changes, in milliseconds. */
  readonly startMs: number;
}

const START_DEADLINE_MS = 60_000;
/** It lets calls in flight end for ten seconds, and undoes what runs. */
const STOP_DEADLINE_MS = 60_000;

/** @throws Error with its log when it ends or does not answer */
export async function startDaemon(place: Place): Promise<BuiltDaemon> {
  const log = openSync(place.logFile, 'a');
  const started = performance.now();
  // In a session of its own: Ctrl-C ends the benchmark, which then clears up with this daemon.
  const child = spawn(programs.bangerd, ['--config', place.configFile], {
    stdio: ['ignore', log, log],
    env: place.environment,
    detached: true,
  });
  closeSync(log);
  const exited = once(child, 'exit');
  const died = exited.then(() => Promise.reject(new Error('bangerd ended')));
  died.catch(() => {});
  try {
    const client = await Promise.race([untilReady(place.socketPath), died]);
    const startMs = performance.now() - started;
    return {
      client,
      pid: child.pid ?? 0,
      startMs,
      async [Symbol.asyncDispose]() {
        client.close();
        child.kill('SIGTERM');
        await Promise.race([exited, delay(STOP_DEADLINE_MS, undefined, { ref: false })]);
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await exited;
        // The next one takes up what this one left, and then it goes with its own end.
        await using _sweeper = await startDaemon(place);
        throw new Error(`bangerd did not end within ${STOP_DEADLINE_MS} ms after SIGTERM and was killed`);
      },
    };
  } catch (cause) {
    child.kill('SIGKILL');
    throw new Error(`bangerd did not start:\n${await readFile(place.logFile, 'utf8')}`, { cause });
  }
}

function untilReady(socketPath: string): Promise<Client> {
  const attempt = async (): Promise<Client | undefined> => {
    const client = await connect({ socketPath, client: 'bench 0' }).catch(() => undefined);
    if ((await client?.call('daemon.status', {}))?.state === 'ready') return client;
    client?.close();
    return undefined;
  };
  return poll(attempt, { deadlineMs: START_DEADLINE_MS, initialMs: 2, maxMs: 10 });
}
