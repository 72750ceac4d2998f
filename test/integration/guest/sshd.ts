import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSpawner, type ProcessIdentity, poll, signalProcess, waitForExit } from '@banger/system';
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
  const directory = await mkdtemp(join(tmpdir(), 'banger-sshd-'));
  const isOurs = !existsSync(PRIVILEGE_SEPARATION);
  if (isOurs) await mkdir(PRIVILEGE_SEPARATION, { mode: 0o755 });
  const port = await freePort();
  const path = (name: string) => join(directory, name);
  await writeFile(path('host_key'), hostKey.privateKey, { mode: 0o600 });
  await writeFile(path('authorized_keys'), `${clientKey}\n`, { mode: 0o600 });
  const config = {
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
    MaxSessions: String(maxSessions),
  };
  await writeFile(
    path('config'),
    `${Object.entries(config)
      .map((entry) => entry.join(' '))
      .join('\n')}\n`,
  );
  const spawner = createSpawner({ env: process.env });
  const identity = await spawner.spawnOutliving([SSHD, '-D', '-e', '-f', path('config')], { logPath: path('log') });
  return {
    address: { vmId: `sshd${port}`, host: '127.0.0.1', port, hostPublicKey: hostKey.publicKey },
    identity,
    async [Symbol.asyncDispose]() {
      signalProcess(identity, 'SIGTERM');
      await waitForExit(identity, { deadlineMs: 5000 });
      if (isOurs) await rm(PRIVILEGE_SEPARATION, { recursive: true });
      await rm(directory, { recursive: true });
    },
  };
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
