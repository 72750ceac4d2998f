import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { poll } from '@banger/system';
import { afterEach, describe, expect, it } from 'vitest';
import { GuestServer, type GuestServerOptions } from '../../test/guest-server.ts';
import { generateHostKey } from './host-key.ts';
import { generateKeyPair } from './key-pair.ts';
import type { GuestAddress, GuestCommand, GuestProcess, Guests } from './port.ts';
import { createSshGuests, type SshGuestsOptions } from './ssh-guests.ts';

const client = generateKeyPair('client');
const host = generateHostKey();
const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

function guestsWith(options: Partial<SshGuestsOptions> = {}): Guests {
  const guests = createSshGuests({ privateKey: client.privateKey, ...options });
  opened.push(guests);
  return guests;
}

function addressOf(port: number, vmId = 'vm1'): GuestAddress {
  return { vmId, host: '127.0.0.1', port, hostPublicKey: host.publicKey };
}

async function start(options: Partial<SshGuestsOptions> = {}, server: Partial<GuestServerOptions> = {}) {
  const guest = new GuestServer({ hostKey: host.privateKey, clientKey: client.publicKey, ...server });
  opened.push(guest);
  const address = addressOf(await guest.listen());
  return { guest, address, guests: guestsWith(options) };
}

/** Commands of tests run in `/`: this machine's /root may not be ours to enter. */
const sh = (script: string): GuestCommand => ({ argv: ['sh', '-c', script], workdir: '/' });

async function run(command: GuestProcess) {
  command.stdin.end();
  const [stdout, stderr, exit] = await Promise.all([text(command.stdout), text(command.stderr), command.exit]);
  return { stdout, stderr, ...exit };
}

async function failure(promise: Promise<unknown>): Promise<Error & { code?: string; remediation?: string }> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Error;
}

describe('exec', () => {
  it('keeps stdout, stderr and the exit status apart', async () => {
    const { guests, address } = await start();
    const result = await run(await guests.exec(address, sh('echo out; echo err >&2; exit 7')));
    expect(result).toEqual({ stdout: 'out\n', stderr: 'err\n', status: 7, signal: null });
  });

  it('passes arguments, environment and working directory as they are', async () => {
    const { guests, address } = await start();
    const argv = ['sh', '-c', 'pwd; printf "%s|" "$A" "$@"', "$0 'x'", '$HOME "quoted"', 'a\nb'];
    const result = await run(await guests.exec(address, { argv, env: { A: "it's" }, workdir: '/usr/bin' }));
    expect(result.stdout).toBe(`/usr/bin\nit's|$HOME "quoted"|a\nb|`);
  });

  it('starts in /root unless told', async () => {
    const { guests, address, guest } = await start();
    await run(await guests.exec(address, { argv: ['true'] }));
    expect(guest.seen.lines[0]).toContain('cd -- /root ');
  });

  it('feeds stdin to its end', async () => {
    const { guests, address } = await start();
    const command = await guests.exec(address, sh('cat; echo done'));
    command.stdin.end('hello ');
    expect(await text(command.stdout)).toBe('hello done\n');
  });

  it('says which signal ended the command', async () => {
    const { guests, address } = await start();
    expect(await run(await guests.exec(address, sh('kill -KILL $$')))).toMatchObject({ status: null, signal: 'KILL' });
  });

  it('delivers signals, also after the end of stdin', async () => {
    const { guests, address } = await start();
    const command = await guests.exec(
      address,
      sh('trap "echo got it; exit 3" INT; echo ready; while :; do sleep 0.01; done'),
    );
    command.stdin.end();
    await once(command.stdout, 'data');
    command.signal('INT');
    expect(await text(command.stdout)).toBe('got it\n');
    command.stderr.resume();
    expect(await command.exit).toEqual({ status: 3, signal: null });
    command.signal('INT'); // too late: no harm
    expect(() => command.signal('NONE')).toThrow('there is no signal NONE');
  });

  it('delivers signals in their order', async () => {
    const { guests, address } = await start();
    const script =
      'trap "echo int" INT; trap "echo usr1" USR1; trap "exit 0" TERM; echo ready; while :; do sleep 0.01; done';
    const command = await guests.exec(address, sh(script));
    await once(command.stdout, 'data');
    for (const name of ['INT', 'USR1', 'TERM']) command.signal(name);
    expect(await text(command.stdout)).toBe('int\nusr1\n');
  });

  it('keeps what the start-up files of the shell say, and takes only its own mark out', async () => {
    const { guests, address } = await start({}, { startupFile: 'echo welcome; echo careful >&2' });
    const result = await run(await guests.exec(address, sh('echo out')));
    expect(result).toMatchObject({ stdout: 'welcome\nout\n', stderr: 'careful\n', status: 0 });
  });

  it('passes on what a shell says that never gets to the command', async () => {
    const { guests, address } = await start({}, { startupFile: 'echo no luck today; exit 9' });
    expect(await run(await guests.exec(address, sh('echo out')))).toMatchObject({
      stdout: 'no luck today\n',
      status: 9,
    });
    const silent = await start({}, { startupFile: 'exit 9' });
    expect(await run(await silent.guests.exec(silent.address, sh('echo out')))).toMatchObject({
      stdout: '',
      status: 9,
    });
    const chatty = await start({}, { startupFile: 'head -c 1000000 /dev/zero' });
    const { stdout } = await run(await chatty.guests.exec(chatty.address, sh('echo out')));
    expect(stdout.slice(1_000_000)).toMatch(/^banger-[0-9a-f]{16} \d+\nout\n$/);
  });

  it('gives output in pieces as it comes, byte for byte', async () => {
    const { guests, address } = await start();
    const command = await guests.exec(address, sh('printf "\\377\\000\\r\\n"; sleep 0.05; printf last'));
    const chunks = await command.stdout.toArray();
    expect(Buffer.concat(chunks as Buffer[]).toString('latin1')).toBe('\u00ff\u0000\r\nlast');
  });

  it('asks for a terminal and tells it about new sizes, also after the end of stdin', async () => {
    const { guests, address, guest } = await start();
    const tty = { term: 'xterm-256color', columns: 120, rows: 40 };
    const command = await guests.exec(address, { ...sh('echo ready; read x; sleep 60'), tty });
    await once(command.stdout, 'data');
    command.resize(80, 25);
    command.stdin.end();
    await once(command.stdin, 'finish');
    command.resize(100, 30);
    await poll(() => (guest.seen.windows.length === 2 ? true : undefined), { deadlineMs: 2000 });
    expect(guest.seen.ptys).toEqual([{ term: 'xterm-256color', columns: 120, rows: 40 }]);
    expect(guest.seen.windows).toEqual([
      { columns: 80, rows: 25 },
      { columns: 100, rows: 30 },
    ]);
    command.close();
    await command.exit; // without anyone reading stderr
  });

  it('ends the command when its channel is closed', async () => {
    const { guests, address } = await start();
    const command = await guests.exec(address, sh('echo $$; exec sleep 60'));
    const pid = Number(String((await once(command.stdout, 'data'))[0]));
    command.close();
    await command.exit;
    const isGone = () => {
      try {
        return process.kill(pid, 0) ? undefined : true;
      } catch {
        return true;
      }
    };
    await poll(isGone, { deadlineMs: 2000 });
  });

  it('drops input that a command does not read, without an error', async () => {
    const { guests, address } = await start();
    const command = await guests.exec(address, sh('exit 4'));
    command.stdin.end(Buffer.alloc(8 * 1024 * 1024));
    command.stdout.resume();
    command.stderr.resume();
    expect(await command.exit).toEqual({ status: 4, signal: null });
    if (!command.stdin.writableFinished) await once(command.stdin, 'finish');
  });

  it('holds the guest back while nobody reads, and loses nothing', async () => {
    const { guests, address, guest } = await start();
    const bytes = 32 * 1024 * 1024;
    const command = await guests.exec(address, sh(`head -c ${bytes} /dev/zero`));
    command.stdin.end();
    command.stderr.resume();
    let before = -1;
    await poll(
      () => {
        const isStill = guest.seen.sentBytes === before && before > 0;
        before = guest.seen.sentBytes;
        return isStill || undefined;
      },
      { initialMs: 100, maxMs: 100, deadlineMs: 5000 },
    );
    expect(before).toBeLessThan(bytes / 4);
    expect(command.stdout.readableLength).toBeLessThan(4 * 1024 * 1024);
    let received = 0;
    for await (const chunk of command.stdout) received += (chunk as Buffer).length;
    expect(received).toBe(bytes);
    expect(await command.exit).toEqual({ status: 0, signal: null });
  });

  it('holds the sender of stdin back while the command does not read', async () => {
    const { guests, address } = await start();
    const command = await guests.exec(address, sh('read go; wc -c'));
    const chunk = Buffer.alloc(64 * 1024, 'x');
    let sent = 0;
    while (command.stdin.write(chunk) && sent < 1000) sent += 1;
    expect(sent).toBeLessThan(1000);
    // the first line never ends: the command waits, and so do we
    const drained = once(command.stdin, 'drain').then(() => 'drained');
    expect(
      await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, 100, 'held back'))]),
    ).toBeDefined();
    command.close();
    await command.exit;
  });

  it('runs fifty commands at a time over one connection', async () => {
    const { guests, address, guest } = await start();
    const results = await Promise.all(
      Array.from({ length: 50 }, async (_, n) =>
        run(await guests.exec(address, sh(`sleep 0.1; echo ${n}; exit ${n}`))),
      ),
    );
    expect(results.map(({ stdout, status }) => [stdout, status])).toEqual(results.map((_, n) => [`${n}\n`, n]));
    expect(guest.seen.connections).toBe(1);
  });

  it('is fast over the connection that is kept open', async () => {
    const { guests, address } = await start();
    await run(await guests.exec(address, sh('exit 0')));
    const times: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const before = performance.now();
      await run(await guests.exec(address, sh('exit 0')));
      times.push(performance.now() - before);
    }
    // With Nagle's delay each takes above 40 ms; here it is about 5 ms on an idle machine, most of it the shell.
    expect(Math.min(...times)).toBeLessThan(30);
  });
});

describe('limits', () => {
  it('refuses a command beyond the limit of its own, and takes the next when one has ended', async () => {
    const { guests, address } = await start({ maxCommands: 2 });
    const first = await guests.exec(address, sh('read x'));
    await guests.exec(address, sh('read x'));
    const error = await failure(guests.exec(address, sh('true')));
    expect(error).toMatchObject({ code: 'overloaded', message: expect.stringContaining('2 commands run') as string });
    await run(first);
    await run(await guests.exec(address, sh('true')));
  });

  it('says the same when the guest allows fewer sessions', async () => {
    const { guests, address } = await start({}, { maxSessions: 1 });
    await guests.exec(address, sh('read x'));
    expect(await failure(guests.exec(address, sh('true')))).toMatchObject({ code: 'overloaded' });
  });
});

describe('the connection', () => {
  it('is refused to another host key, with a clear message and at once', async () => {
    const { guests, address } = await start();
    const other = { ...address, hostPublicKey: generateHostKey().publicKey };
    const error = await failure(guests.exec(other, sh('true')));
    expect(error).toMatchObject({
      code: 'guest_unreachable',
      remediation: expect.stringContaining('Restart') as string,
    });
    expect(error.message).toContain('another SSH host key');
    await expect(guests.waitReady(other, AbortSignal.timeout(5000))).rejects.toThrow('another SSH host key');
  });

  it('says so when the guest refuses our key', async () => {
    const { address } = await start();
    const stranger = guestsWith({ privateKey: generateKeyPair('x').privateKey });
    expect((await failure(stranger.waitReady(address, AbortSignal.timeout(5000)))).message).toContain(
      "refused banger's SSH key",
    );
  });

  it('is made once for callers that come together', async () => {
    const { guests, address, guest } = await start();
    await Promise.all([1, 2, 3].map(async () => run(await guests.exec(address, sh('true')))));
    expect(guest.seen).toMatchObject({ connections: 1, logins: 1 });
  });

  it('tells a running command when it is cut, and is made anew for the next', async () => {
    const { guests, address, guest } = await start();
    const command = await guests.exec(address, sh('echo started; sleep 60'));
    await once(command.stdout, 'data');
    const exit = failure(command.exit);
    command.stdout.resume();
    command.stderr.resume();
    guest.cut();
    expect(await exit).toMatchObject({
      code: 'guest_unreachable',
      message: expect.stringContaining('closed the connection') as string,
    });
    expect((await run(await guests.exec(address, sh('echo again')))).stdout).toBe('again\n');
    expect(guest.seen.connections).toBe(2);
  });

  it('does not bring the process down when nobody waits for a command that it takes along', async () => {
    const { guests, address, guest } = await start();
    const command = await guests.exec(address, sh('sleep 60'));
    command.stdout.resume();
    guest.cut();
    await once(command.stdout, 'close');
  });

  it('ends with disconnect, which the commands are told', async () => {
    const { guests, address } = await start();
    const command = await guests.exec(address, sh('sleep 60'));
    command.stdout.resume();
    command.stderr.resume();
    guests.disconnect(address.vmId);
    await expect(command.exit).rejects.toThrow('the VM was stopped');
    guests.disconnect('unknown');
  });

  it('follows a VM to another address', async () => {
    const { guests, address, guest } = await start();
    await run(await guests.exec(address, sh('true')));
    const second = await start();
    await run(await guests.exec({ ...second.address, vmId: address.vmId }, sh('true')));
    expect([guest.seen.connections, second.guest.seen.connections]).toEqual([1, 1]);
  });
});

describe('a server that accepts and never answers', () => {
  async function silent(greeting = '') {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      if (greeting !== '') socket.write(greeting);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    opened.push({
      async close() {
        for (const socket of sockets) socket.destroy();
        server.close();
        await once(server, 'close');
      },
    });
    return { address: addressOf((server.address() as AddressInfo).port), sockets };
  }

  it('is given up when no first byte comes', async () => {
    const { address } = await silent();
    const guests = guestsWith({ timings: { bannerTimeoutMs: 50 } });
    expect((await failure(guests.exec(address, sh('true')))).message).toContain('its sshd said nothing for 50 ms');
  });

  it('is given up when the login does not come to its end', async () => {
    const { address } = await silent('SSH-2.0-OpenSSH_9.9\r\n');
    const guests = guestsWith({ timings: { loginTimeoutMs: 80 } });
    expect((await failure(guests.exec(address, sh('true')))).message).toContain(
      'did not finish the SSH login within 80 ms',
    );
  });

  it('is given up with the signal, and its socket is closed', async () => {
    const { address, sockets } = await silent();
    const guests = guestsWith();
    const controller = new AbortController();
    const waiting = failure(guests.exec(address, sh('true'), controller.signal));
    await poll(() => (sockets.size > 0 ? true : undefined));
    controller.abort(new Error('user left'));
    expect((await waiting).message).toBe('user left');
    const [socket] = sockets;
    if (socket?.closed === false) await once(socket.resume(), 'close');
  });

  it('is no SSH server', async () => {
    const { address } = await silent('HTTP/1.1 400 Bad Request\r\n\r\n');
    const guests = guestsWith({ timings: { loginTimeoutMs: 500 } });
    expect(await failure(guests.exec(address, sh('true')))).toMatchObject({ code: 'guest_unreachable' });
  });
});

describe('waitReady', () => {
  it('waits for a server that comes later, and leaves the connection open', async () => {
    const { guest, guests } = await start();
    const port = await freePort();
    const address = addressOf(port, 'late');
    const late = new GuestServer({ hostKey: host.privateKey, clientKey: client.publicKey });
    opened.push(late);
    const waiting = guests.waitReady(address, AbortSignal.timeout(5000));
    await new Promise((resolve) => setTimeout(resolve, 150));
    const listening = performance.now();
    await late.listen(port);
    await waiting;
    expect(performance.now() - listening).toBeLessThan(500);
    await run(await guests.exec(address, sh('true')));
    expect(late.seen).toMatchObject({ connections: 1, logins: 1 });
    expect(guest.seen.connections).toBe(0);
  });

  it('ends with the reason of its signal, whatever it is doing', async () => {
    const guests = guestsWith();
    const address = addressOf(await freePort());
    const died = new AbortController();
    const waiting = failure(guests.waitReady(address, died.signal));
    setTimeout(() => died.abort(new Error('the VM died')), 50);
    expect((await waiting).message).toBe('the VM died');
  });

  it('says at its deadline why the last attempt failed', async () => {
    const guests = guestsWith();
    const error = await failure(guests.waitReady(addressOf(await freePort()), AbortSignal.timeout(150)));
    expect(error).toMatchObject({ code: 'guest_unreachable', message: 'the guest at 127.0.0.1 was not ready in time' });
    expect(error.cause).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  it('goes on after a server that breaks off', async () => {
    const { guests } = await start();
    let refused = 0;
    const moody = createServer((socket) => {
      refused += 1;
      socket.destroy();
    });
    moody.listen(0, '127.0.0.1');
    await once(moody, 'listening');
    const address = addressOf((moody.address() as AddressInfo).port, 'moody');
    const waiting = guests.waitReady(address, AbortSignal.timeout(5000));
    await poll(() => (refused >= 3 ? true : undefined), { deadlineMs: 3000 });
    moody.close();
    const server = new GuestServer({ hostKey: host.privateKey, clientKey: client.publicKey });
    opened.push(server);
    await once(moody, 'close');
    await server.listen(address.port);
    await waiting;
  });
});

describe('requestPowerOff', () => {
  it('is false when the guest has no such program, or cannot be reached', async () => {
    const { guests, address } = await start();
    expect(await guests.requestPowerOff(address, AbortSignal.timeout(5000))).toBe(false);
    const nobody = addressOf(await freePort(), 'nobody');
    expect(await guests.requestPowerOff(nobody, AbortSignal.timeout(5000))).toBe(false);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
