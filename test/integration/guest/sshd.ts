import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createSpawner,
  type ProcessIdentity,
  poll,
  sameProcess,
  signalProcess,
  undoOnError,
  waitForExit,
} from '@banger/system';
import type { GuestAddress } from '../../../packages/daemon/src/guest/port.ts';

const SSHD = '/usr/sbin/sshd';
/** Where sshd shuts its unprivileged part in; it refuses to start without it. */
const PRIVILEGE_SEPARATION = '/run/sshd';

/** Why no real sshd can be tried here; undefined where it can. */
export function whyNoSshd(): string | undefined {
  if (process.geteuid?.() !== 0) return 'needs root: sshd lets in only its own user else';
  if (!existsSync(SSHD)) return `${SSHD} is missing: install openssh-server`;
  return undefined;
}

export interface Sshd extends AsyncDisposable {
  readonly address: GuestAddress;
  readonly identity: ProcessIdentity;
}

export interface SshdOptions {
  readonly hostKey: { readonly privateKey: string; readonly publicKey: string };
  readonly clientKey: string;
  readonly maxSessions: number;
}

/** A real sshd on loopback, with a configuration of its own like the one in guests. */
export async function startSshd({ hostKey, clientKey, maxSessions }: SshdOptions): Promise<Sshd> {
  return await undoOnError(async (stack) => {
    const directory = await mkdtemp(join(tmpdir(), 'banger-sshd-'));
    stack.defer(directory, () => rm(directory, { recursive: true }));
    if (!existsSync(PRIVILEGE_SEPARATION)) {
      await mkdir(PRIVILEGE_SEPARATION, { mode: 0o755 });
      stack.defer(PRIVILEGE_SEPARATION, () => rm(PRIVILEGE_SEPARATION, { recursive: true }));
    }
    const port = await freePort();
    const path = (name: string) => join(directory, name);
    await writeFile(path('host_key'), hostKey.privateKey, { mode: 0o600 });
    await writeFile(path('authorized_keys'), `${clientKey}\n`, { mode: 0o600 });
    await writeFile(path('config'), configFor({ port, maxSessions, path }));
    const spawner = createSpawner({ env: process.env });
    const argv = [SSHD, '-D', '-e', '-f', path('config')] as const;
    const identity = await stack.acquire(
      'sshd',
      () => spawner.spawnOutliving(argv, { logPath: path('log') }),
      async (sshd, signal) => {
        signalProcess(sshd, 'SIGTERM');
        await waitForExit(sshd, { signal });
      },
    );
    await poll(() => isListening(identity, path('log')), { deadlineMs: 10_000 });
    const kept = stack.move();
    return {
      address: { vmId: `sshd${port}`, host: '127.0.0.1', port, hostPublicKey: hostKey.publicKey },
      identity,
      [Symbol.asyncDispose]: () => kept.unwind(),
    };
  });
}

function configFor({ port, maxSessions, path }: { port: number; maxSessions: number; path: (name: string) => string }) {
  const options = {
    ListenAddress: `127.0.0.1:${port}`,
    HostKey: path('host_key'),
    AuthorizedKeysFile: path('authorized_keys'),
    PidFile: 'none',
    StrictModes: 'no',
    UsePAM: 'no',
    UseDNS: 'no',
    PermitRootLogin: 'prohibit-password',
    PasswordAuthentication: 'no',
    KbdInteractiveAuthentication: 'no',
    MaxSessions: maxSessions,
    // root's own start-up files on this machine are none of the test's business
    SetEnv: `HOME=${path('')}`,
  };
  return Object.entries(options)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
}

/** @throws Error with sshd's own words when it has ended. */
async function isListening(identity: ProcessIdentity, logPath: string): Promise<true | undefined> {
  const log = await readFile(logPath, 'utf8');
  if (!sameProcess(identity)) throw new Error(`sshd did not start: ${log.trim()}`);
  return log.includes('Server listening') || undefined;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  const address = await poll(() => server.address() ?? undefined, { deadlineMs: 2000 });
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (typeof address === 'string') throw new Error(`not a TCP address: ${address}`);
  return address.port;
}
