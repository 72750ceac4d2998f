import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from '@banger/api-types';
import type { Runner } from '@banger/system';
import type { Place } from './place.ts';

/** An open OpenSSH connection to a guest, which further processes share. */
export interface SshMaster extends AsyncDisposable {
  /** Put a command for the guest behind it. */
  readonly command: readonly string[];
  readonly cipher: string;
}

/** Opens it with the daemon's own key, and demands the host key that banger gave the guest. */
export async function openSshMaster(runner: Runner, place: Place, vm: Result<'vm.show'>): Promise<SshMaster> {
  const knownHosts = join(place.directory, 'known_hosts');
  const hostKey = await readFile(join(vm.directory, 'ssh_host_ed25519_key.pub'), 'utf8');
  await writeFile(knownHosts, `${vm.guestIp} ${hostKey.trim()}\n`);
  const control = join(place.directory, 'ssh-control');
  const shared = ['-F', 'none', '-S', control];
  const login = ['-i', join(place.stateDir, 'client_ed25519'), '-o', `UserKnownHostsFile=${knownHosts}`];
  const strict = ['-o', 'StrictHostKeyChecking=yes', '-o', 'BatchMode=yes', '-o', 'ControlPersist=yes'];
  const address = `root@${vm.guestIp}`;
  // -v tells what was negotiated. The master keeps standard error open for as long as it lives: a file, not a pipe.
  const log = join(place.directory, 'ssh-master.log');
  await runner.run(['ssh', '-v', '-E', log, ...shared, ...login, ...strict, '-M', '-N', '-f', address]);
  const cipher = /kex: server->client cipher: (\S+)/.exec(await readFile(log, 'utf8'))?.[1] ?? 'unknown';
  return {
    command: ['ssh', ...shared, address],
    cipher,
    async [Symbol.asyncDispose]() {
      await runner.run(['ssh', ...shared, '-O', 'exit', address]);
    },
  };
}
