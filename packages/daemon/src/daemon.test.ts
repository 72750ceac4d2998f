import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@banger/api-types/node';
import { readIdentity, systemClock } from '@banger/system';
import { makeFakeQemu } from '@banger/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Daemon } from './daemon.ts';
import { createLogger } from './logger.ts';
import { openStore } from './store/open.ts';
import { sampleVm } from './store/testing.ts';
import type { VmRecord } from './store/types.ts';

let directory: string;
let lines: string[];
let qemuPath: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'banger-daemon-'));
  lines = [];
  mkdirSync(join(directory, 'bin'));
  qemuPath = await makeFakeQemu(join(directory, 'bin'));
  program('nft', `echo nft "$@" >> ${directory}/calls; echo '{"nftables":[]}'`);
  // One document for each line that it is asked.
  program('ip', 'while read -r line; do echo "[]"; done');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A program of the host that does nothing to it. */
function program(name: string, script: string): void {
  writeFileSync(join(directory, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

const options = (name = 'one') => ({
  stateDir: join(directory, name),
  runDir: join(directory, name, 'run'),
  socketGroup: 'no-such-group-of-banger',
  qemuPath,
  network: { mtu: 1500 },
});

const open = (overrides: object = {}) =>
  Daemon.open(
    { ...options(), ...overrides },
    {
      logger: createLogger({ level: 'info', stream: { write: (line: string) => void lines.push(line) } }),
      environment: { PATH: `${directory}/bin:/usr/bin:/bin` },
    },
  );

/** Serves until it is told to stop. */
async function serving(daemon: Daemon) {
  const stopping = new AbortController();
  const listening = Promise.withResolvers<string>();
  const served = daemon.serve({ signal: stopping.signal, onListening: listening.resolve });
  served.catch(listening.reject);
  const client = await connect({ socketPath: await listening.promise, client: 'test 1' });
  const stop = async (): Promise<void> => {
    client.close();
    stopping.abort();
    await served;
  };
  return { client, served, stop };
}

/** Whether the network was looked at to be removed. */
const touchedNetwork = () => existsSync(join(directory, 'calls'));

function record(vm: VmRecord): void {
  mkdirSync(join(directory, 'one'), { recursive: true });
  const store = openStore({ path: join(directory, 'one', 'banger.db'), clock: systemClock });
  store.transaction('durable', () => store.vms.insert(vm));
  store.close();
}

describe('a daemon', () => {
  it('listens, answers, and ends when it is told; a second close is fine', async () => {
    const daemon = await open();
    const { client, stop } = await serving(daemon);
    await expect.poll(() => client.call('daemon.status', {})).toMatchObject({ state: 'ready', vms: { total: 0 } });
    expect(statSync(daemon.socketPath).mode & 0o777).toBe(0o660);
    expect(statSync(join(directory, 'one')).mode & 0o777).toBe(0o700);
    await stop();
    await Promise.all([daemon.close(), daemon.close()]);
    expect(existsSync(daemon.socketPath)).toBe(false);
    expect(touchedNetwork()).toBe(true);
  });

  it('ends when a client asks for it', async () => {
    const { client, served } = await serving(await open());
    await client.call('daemon.stop', {});
    await served;
    client.close();
  });

  it('is the only one of its state directory, and the next one is welcome', async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({ code: 'daemon_already_running' });
    await first.close();
    await (await open()).close();
  });

  it('replaces the socket of one that was killed', async () => {
    const daemon = await open();
    const killed = createServer();
    await once(killed.listen(join(directory, 'killed')), 'listening');
    // Closing removes the file by its first name only.
    renameSync(join(directory, 'killed'), daemon.socketPath);
    await new Promise((resolve) => {
      killed.close(resolve);
    });
    const { client, stop } = await serving(daemon);
    expect(await client.call('vm.list', {})).toEqual({ vms: [] });
    await stop();
  });

  it("leaves another daemon's socket alone, and closes", async () => {
    const first = await open();
    const { client, stop } = await serving(first);
    const second = await open({ ...options('two'), socketPath: first.socketPath });
    await expect(second.serve()).rejects.toMatchObject({ code: 'daemon_already_running' });
    expect(await client.call('vm.list', {})).toEqual({ vms: [] });
    await stop();
  });

  it('makes nothing when its socket would have too long a path', async () => {
    const runDir = join(directory, 'r'.repeat(100));
    await expect(open({ runDir })).rejects.toMatchObject({ code: 'path_too_long' });
    expect(existsSync(join(directory, 'one'))).toBe(false);
  });

  it('says which directory cannot be made', async () => {
    writeFileSync(join(directory, 'file'), '');
    await expect(open({ stateDir: join(directory, 'file', 'state') })).rejects.toMatchObject({
      code: 'permission_denied',
      message: expect.stringContaining(join(directory, 'file', 'state')),
    });
  });

  it('lets go of its directory when it cannot be put together', async () => {
    const missing = join(directory, 'no-qemu');
    await expect(open({ qemuPath: missing })).rejects.toMatchObject({ code: 'prerequisite_missing' });
    await (await open()).close();
  });

  it('that was told to end before it serves does not listen', async () => {
    const daemon = await open();
    let listened = false;
    await daemon.serve({ signal: AbortSignal.abort(), onListening: () => void (listened = true) });
    await daemon.serve({ onListening: () => void (listened = true) });
    expect(listened).toBe(false);
  });
});

describe('the network of VMs that may live', () => {
  it('is left alone by a daemon that never looked', async () => {
    record(sampleVm(1));
    await (await open()).close();
    expect(touchedNetwork()).toBe(false);
  });

  it('is left alone by one that never looked, also when the database was lost', async () => {
    mkdirSync(join(directory, 'one', 'vms', '0123456789abcdef'), { recursive: true });
    await (await open()).close();
    expect(touchedNetwork()).toBe(false);
  });

  it('is left alone while a VM lives, and trouble with it keeps nobody from the VM', async () => {
    program('ip', 'echo no >&2; exit 1');
    const vmm = spawn('sleep', ['60']);
    await once(vmm, 'spawn');
    try {
      record(sampleVm(1, { process: readIdentity(vmm.pid ?? 0) ?? null }));
      const { client, stop } = await serving(await open());
      await expect.poll(() => client.call('daemon.status', {})).toMatchObject({ state: 'ready', vms: { running: 1 } });
      expect(lines.join('')).toContain('the network of the guests could not be set up again');
      const before = readFileSync(join(directory, 'calls'), 'utf8');
      await stop();
      expect(readFileSync(join(directory, 'calls'), 'utf8')).toBe(before);
      expect(vmm.exitCode).toBeNull();
    } finally {
      vmm.kill();
    }
  });

  it('is left alone when somebody unknown may live', async () => {
    mkdirSync(join(directory, 'one', 'vms', '0123456789abcdef'), { recursive: true });
    const { client, stop } = await serving(await open());
    await expect.poll(() => client.call('daemon.status', {})).toMatchObject({ state: 'ready' });
    await stop();
    expect(lines.join('')).toContain('left alone: not known');
    expect(touchedNetwork()).toBe(false);
  });

  it('is told when it cannot be removed; all else is closed', async () => {
    program('ip', 'echo no >&2; exit 1');
    const daemon = await open();
    const { stop } = await serving(daemon);
    await expect.poll(() => lines.join('')).toContain('recovered');
    await expect(stop()).rejects.toMatchObject({
      code: 'undo_incomplete',
      message: expect.stringContaining('the network of the guests'),
    });
    expect(existsSync(daemon.socketPath)).toBe(false);
    program('ip', 'while read -r line; do echo "[]"; done');
    await (await open()).close();
  });
});

it('a VM that ended meanwhile is stopped, with the reason', async () => {
  record(sampleVm(1, { process: { pid: 1, startTimeTicks: 1, bootId: 'another-boot' } }));
  const { client, stop } = await serving(await open());
  await expect
    .poll(() => client.call('vm.show', { vm: 'vm-1' }))
    .toMatchObject({ state: 'stopped', stateReason: 'the host was restarted', pid: null });
  await stop();
});
