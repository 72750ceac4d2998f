import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import type { RpcLimits } from './limits.ts';
import { type Harness, startHarness } from './test-harness.ts';
import type { Handlers } from './types.ts';

// Each attack comes from a process of its own, so that the memory of this one is the server's, and so that it goes on
// while the server works. A second client asks all the time and must be answered all the time.

vi.setConfig({ testTimeout: 30_000 });
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const MIB = 2 ** 20;
/** Generous for a busy machine; without fairness it is the length of the attack. */
const SLOWEST_ANSWER_MS = 1000;

const handshakeLine = `${JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'handshake', params: { protocol: 1, client: 'enemy' } })}\n`;

interface Attack extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Lines that the attacker printed. */
  readonly said: string[];
}

/** Runs JavaScript with `connect()` (a socket after its handshake) and `say(text)`. */
async function attack(harness: Harness, script: string): Promise<Attack> {
  const prelude = `
    const net = require('node:net');
    const handshake = ${JSON.stringify(handshakeLine)};
    const say = (text) => process.stdout.write(text + '\\n');
    const connect = () => { const s = net.connect(${JSON.stringify(harness.socketPath)}); s.on('error', () => {}); s.write(handshake); return s; };
    process.stdin.on('end', () => process.exit()).resume();
  `;
  const process = spawn(globalThis.process.execPath, ['-e', prelude + script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const said: string[] = [];
  let rest = '';
  process.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop()!;
    said.push(...lines);
  });
  await once(process, 'spawn');
  return {
    process,
    said,
    [Symbol.asyncDispose]: async () => {
      process.kill('SIGKILL');
      await once(process, 'close');
    },
  };
}

interface Watch {
  answers: number;
  slowestMs: number;
  /** Most memory beyond what there was before, in bytes, garbage not counted. */
  grownBytes: number;
}

/** Asks and measures until `until` is true, and at least 20 times. */
async function watch(harness: Harness, until: () => boolean): Promise<Watch> {
  const client = await harness.client();
  await client.call('daemon.stop', {});
  collectGarbage();
  const before = usedBytes();
  const seen: Watch = { answers: 0, slowestMs: 0, grownBytes: 0 };
  const deadline = performance.now() + 25_000;
  while (seen.answers < 20 || !until()) {
    expect(performance.now(), 'the attack did not get where it should').toBeLessThan(deadline);
    const asked = performance.now();
    await client.call('daemon.stop', {});
    seen.answers += 1;
    seen.slowestMs = Math.max(seen.slowestMs, performance.now() - asked);
    if (seen.answers % 20 === 0) {
      collectGarbage();
      seen.grownBytes = Math.max(seen.grownBytes, usedBytes() - before);
    }
    await sleep(2);
  }
  client.close();
  return seen;
}

function usedBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** `daemon.stop` is what the second client asks, so that the attack can be counted by itself. */
function start(handlers: Partial<Handlers>, limits: Partial<RpcLimits> = {}): Promise<Harness> {
  return startHarness({ 'daemon.stop': () => ({ pid: 1 }), ...handlers }, limits);
}

test('half a line for ever: it is ended, and idle connections are not', async () => {
  await using harness = await start({}, { lineDeadlineMs: 300 });
  const idle = await harness.raw();
  await idle.handshake();
  await using enemy = await attack(
    harness,
    `for (let i = 0; i < 50; i++) {
      const s = connect();
      let text = '';
      s.on('data', (chunk) => { text += chunk; });
      s.on('close', () => say(/must end within/.test(text) ? 'ended' : 'lost ' + text));
      s.write('{"jsonrpc":');
      setInterval(() => s.write('1'), 20);
    }`,
  );
  const seen = await watch(harness, () => enemy.said.length === 50);
  expect(new Set(enemy.said)).toEqual(new Set(['ended']));
  expect(seen.slowestMs).toBeLessThan(SLOWEST_ANSWER_MS);
  idle.call('daemon.stop');
  expect(await idle.answer()).toMatchObject({ result: { pid: 1 } });
});

test('a line over the limit: an error, then the end, and no more memory than the line may have', async () => {
  await using harness = await start({});
  await using enemy = await attack(
    harness,
    `for (let i = 0; i < 4; i++) {
      const s = connect();
      let text = '';
      s.on('data', (chunk) => { text += chunk; });
      s.on('close', () => say(/a line exceeds 4194304 bytes/.test(text) ? 'refused' : 'lost ' + text));
      const block = Buffer.alloc(65536, 'x');
      const more = () => { while (!s.destroyed && s.write(block)); };
      s.on('drain', more);
      more();
    }`,
  );
  const seen = await watch(harness, () => enemy.said.length === 4);
  expect(new Set(enemy.said)).toEqual(new Set(['refused']));
  expect(seen.slowestMs).toBeLessThan(SLOWEST_ANSWER_MS);
  // Four lines, each in a buffer that is copied when it grows, and what the collector has not got round to.
  expect(seen.grownBytes).toBeLessThan(64 * MIB);
});

test('many lines that are nearly as long as allowed: together they have a budget', async () => {
  await using harness = await start({}, { maxPartialLineBytes: 8 * MIB });
  await using enemy = await attack(
    harness,
    `for (let i = 0; i < 30; i++) {
      const s = connect();
      let text = '';
      s.on('data', (chunk) => { text += chunk; });
      s.on('close', () => /overloaded/.test(text) && say('refused'));
      s.write(Buffer.alloc(3 * 2 ** 20, 'x'));
    }`,
  );
  const seen = await watch(harness, () => enemy.said.length >= 27);
  expect(seen.slowestMs).toBeLessThan(SLOWEST_ANSWER_MS);
  expect(seen.grownBytes).toBeLessThan(32 * MIB);
});

test('tiny calls without end: others have their turn', async () => {
  let calls = 0;
  await using harness = await start({
    'vm.list': () => {
      calls += 1;
      return { vms: [] };
    },
  });
  await using enemy = await attack(
    harness,
    `const lines = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"vm.list"}\\n'.repeat(10000));
    for (let i = 0; i < 4; i++) {
      const s = connect();
      s.resume();
      const more = () => { while (s.write(lines)); };
      s.on('drain', more);
      more();
    }`,
  );
  const seen = await watch(harness, () => calls > 20_000);
  expect(enemy.process.exitCode).toBeNull();
  expect(seen.slowestMs).toBeLessThan(SLOWEST_ANSWER_MS);
  expect(seen.grownBytes).toBeLessThan(16 * MIB);
});

test('slow calls without end: only so many run at once, the rest stays with the client', async () => {
  let running = 0;
  let most = 0;
  await using harness = await start({
    'vm.list': async (_params, { signal }) => {
      running += 1;
      most = Math.max(most, running);
      await sleep(30_000, undefined, { signal }).catch(() => {});
      running -= 1;
      return { vms: [] };
    },
  });
  await using enemy = await attack(
    harness,
    `const lines = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"vm.list"}\\n'.repeat(10000));
    const s = connect();
    s.resume();
    const more = () => { while (s.write(lines)); say('full'); };
    s.on('drain', more);
    more();`,
  );
  const seen = await watch(harness, () => enemy.said.length > 0 && running >= 64);
  expect(most).toBe(64);
  expect(seen.slowestMs).toBeLessThan(SLOWEST_ANSWER_MS);
  expect(seen.grownBytes).toBeLessThan(16 * MIB);
});

test('a client that dies with more calls sent than may run is noticed', async () => {
  let running = 0;
  await using harness = await start({
    'vm.list': async (_params, { signal }) => {
      running += 1;
      await sleep(30_000, undefined, { signal }).catch(() => {});
      running -= 1;
      return { vms: [] };
    },
  });
  {
    await using enemy = await attack(
      harness,
      `connect().write('{"jsonrpc":"2.0","id":1,"method":"vm.list"}\\n'.repeat(500));`,
    );
    await expect.poll(() => running).toBe(64);
    expect(enemy.process.exitCode).toBeNull();
  }
  await expect.poll(() => running, { timeout: 5000 }).toBe(0);
});

test('a client that never reads: it is not read either, then dropped', async () => {
  let answered = 0;
  const vms = Array.from({ length: 500 }, (_, index) => ({
    id: index.toString(16).padStart(16, '0'),
    name: `vm-${index}`,
    state: 'running' as const,
    image: 'debian:13',
    vcpus: 1,
    memoryMib: 512,
    guestIp: '10.0.0.2',
    createdAt: '2026-01-01T00:00:00.000Z',
  }));
  await using harness = await start(
    {
      'vm.list': () => {
        answered += 1;
        return { vms };
      },
    },
    { unreadDeadlineMs: 1500 },
  );
  await using enemy = await attack(
    harness,
    `const lines = '{"jsonrpc":"2.0","id":1,"method":"vm.list"}\\n'.repeat(1000);
    for (let i = 0; i < 4; i++) {
      const s = connect();
      s.pause();
      s.on('close', () => say('dropped'));
      s.write(lines);
      // Writing is how it notices: it does not read.
      setInterval(() => s.write(lines), 50);
    }`,
  );
  const seen = await watch(harness, () => enemy.said.length === 4);
  await sleep(100);
  // An answer has about 80 KiB: a few until the buffers are full, and not as many as there is time for.
  expect(answered).toBeLessThan(4 * 10);
  expect(seen.slowestMs).toBeLessThan(SLOWEST_ANSWER_MS);
  expect(seen.grownBytes).toBeLessThan(16 * MIB);
});

test('ten thousand tickets: a few for each connection, and a limit for all', async () => {
  await using harness = await start(
    { 'vm.exec': (_params, { issueTicket }) => issueTicket(() => Promise.resolve()) },
    { maxTickets: 200 },
  );
  await using enemy = await attack(
    harness,
    `const call = '{"jsonrpc":"2.0","id":1,"method":"vm.exec","params":{"vm":"a","argv":["true"]}}\\n';
    let tickets = 0, refused = 0;
    for (let i = 0; i < 4; i++) {
      const s = connect();
      let rest = '';
      s.on('data', (chunk) => {
        const lines = (rest + chunk).split('\\n');
        rest = lines.pop();
        for (const line of lines) /"ticket"/.test(line) ? tickets++ : /"overloaded"/.test(line) && refused++;
        if (tickets + refused === 10000) say(tickets + ' tickets');
      });
      s.write(call.repeat(2500));
    }`,
  );
  const seen = await watch(harness, () => enemy.said.length > 0);
  // Each of the four may have 64, but all together 200.
  expect(enemy.said).toEqual(['200 tickets']);
  expect(seen.slowestMs).toBeLessThan(SLOWEST_ANSWER_MS);
  expect(seen.grownBytes).toBeLessThan(16 * MIB);
});

test('too many connections: new ones are refused, those that are there go on', async () => {
  await using harness = await start({}, { maxConnections: 40, lingerMs: 5000 });
  const established = await harness.raw();
  await established.handshake();
  await using enemy = await attack(
    harness,
    `for (let i = 0; i < 300; i++) {
      const s = connect();
      let text = '';
      s.on('data', (chunk) => { text += chunk; });
      s.on('close', () => say(/"overloaded"/.test(text) ? 'refused' : 'lost ' + text));
    }
`,
  );
  const seen = await watch(harness, () => enemy.said.length >= 260);
  expect(new Set(enemy.said)).toEqual(new Set(['refused']));
  expect(harness.server.connectionCount).toBe(40);
  expect(seen.slowestMs).toBeLessThan(SLOWEST_ANSWER_MS);
  established.call('daemon.stop');
  expect(await established.answer()).toMatchObject({ result: { pid: 1 } });
});

test('silent connections make room for those that speak', async () => {
  await using harness = await start({}, { maxConnections: 20, silentGraceMs: 50 });
  await using enemy = await attack(
    harness,
    `for (let i = 0; i < 50; i++) net.connect(${JSON.stringify(harness.socketPath)}).on('error', () => {});
    setTimeout(() => say('sits'), 100);`,
  );
  await expect.poll(() => enemy.said).toEqual(['sits']);
  // Each one beyond the limit takes the place of an older one, or is refused while all are young.
  await expect.poll(() => harness.server.connectionCount).toBeGreaterThan(0);
  expect(harness.server.connectionCount).toBeLessThanOrEqual(20);
  await sleep(60);
  const seen = await watch(harness, () => true);
  expect(seen.answers).toBeGreaterThanOrEqual(20);
});
