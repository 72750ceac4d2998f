import { expect, test } from 'vitest';
import { BangerError } from '../errors.ts';
import { JsonRpc } from './json-rpc.ts';
import { toWireError } from './wire-error.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** The methods of the examples in the specification. */
const calls: string[] = [];
function invoke(method: string, params: unknown): unknown {
  calls.push(method);
  const list = params as number[];
  switch (method) {
    case 'subtract': {
      if (Array.isArray(params)) return list[0]! - list[1]!;
      const named = params as { minuend: number; subtrahend: number };
      return named.minuend - named.subtrahend;
    }
    case 'sum':
      return list.reduce((total, each) => total + each, 0);
    case 'get_data':
      return Promise.resolve(['hello', 5]);
    case 'update':
    case 'notify_hello':
    case 'notify_sum':
      return undefined;
    case 'fail':
      throw new Error('secret cause');
    case 'big':
      return 'x'.repeat(2000);
    default:
      throw new BangerError('method_not_found', `no method ${method}`);
  }
}

const rpc = new JsonRpc({
  invoke,
  admit: () => Promise.resolve(),
  describe: (error) => toWireError(error, silent),
  maxBatchCalls: 10,
  maxAnswerBytes: 1500,
});

/** What a line is answered, parsed; our data is cut off where `data` is not asked for. */
async function ask(line: string | Uint8Array, options: { data?: boolean } = {}): Promise<unknown> {
  const { answer } = await rpc.start(typeof line === 'string' ? Buffer.from(line) : line);
  const text = await answer;
  if (text === undefined) return undefined;
  expect(text).not.toContain('\n');
  return JSON.parse(text, (key, value: unknown) => (key === 'data' && options.data !== true ? undefined : value));
}

const invalid = { jsonrpc: '2.0', error: { code: -32600, message: 'Invalid Request' }, id: null };
const broken = { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' }, id: null };

// https://www.jsonrpc.org/specification, section 7, in its order and wording.
test.each<[string, string, unknown]>([
  [
    'positional parameters',
    '{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}',
    { jsonrpc: '2.0', result: 19, id: 1 },
  ],
  [
    'positional parameters, the other way round',
    '{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}',
    { jsonrpc: '2.0', result: -19, id: 2 },
  ],
  [
    'named parameters',
    '{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}',
    { jsonrpc: '2.0', result: 19, id: 3 },
  ],
  [
    'named parameters in another order',
    '{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}',
    { jsonrpc: '2.0', result: 19, id: 4 },
  ],
  ['a notification', '{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}', undefined],
  ['a notification of a method that there is not', '{"jsonrpc": "2.0", "method": "foobar"}', undefined],
  [
    'a call of a method that there is not',
    '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}',
    { jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id: '1' },
  ],
  ['invalid JSON', '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]', broken],
  ['an invalid request object', '{"jsonrpc": "2.0", "method": 1, "params": "bar"}', invalid],
  [
    'a batch of invalid JSON',
    '[ {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method" ]',
    broken,
  ],
  ['an empty array', '[]', invalid],
  ['an invalid batch that is not empty', '[1]', [invalid]],
  ['an invalid batch', '[1,2,3]', [invalid, invalid, invalid]],
  [
    'a batch',
    `[ {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
      {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
      {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
      {"foo": "boo"},
      {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
      {"jsonrpc": "2.0", "method": "get_data", "id": "9"} ]`.replaceAll('\n', ' '),
    [
      { jsonrpc: '2.0', result: 7, id: '1' },
      { jsonrpc: '2.0', result: 19, id: '2' },
      invalid,
      { jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id: '5' },
      { jsonrpc: '2.0', result: ['hello', 5], id: '9' },
    ],
  ],
  [
    'a batch of notifications only',
    '[ {"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]}, {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]} ]',
    undefined,
  ],
])('example of the specification: %s', async (_name, line, answer) => {
  expect(await ask(line)).toEqual(answer);
});

test('a null id is a call and is answered, a missing one is a notification that was run', async () => {
  const answer = { jsonrpc: '2.0', result: 3, id: null };
  expect(await ask('{"jsonrpc":"2.0","method":"sum","params":[1,2],"id":null}')).toEqual(answer);
  calls.length = 0;
  expect(await ask('{"jsonrpc":"2.0","method":"sum","params":[1,2]}')).toBeUndefined();
  expect(calls).toEqual(['sum']);
});

test('ids come back as they came', async () => {
  for (const id of [0, -1, 1.5, 1e21, '', 'é "quoted"\n']) {
    const line = JSON.stringify({ jsonrpc: '2.0', method: 'sum', params: [], id });
    expect(await ask(line)).toEqual({ jsonrpc: '2.0', result: 0, id });
  }
});

test.each([
  ['no version', '{"method":"sum","params":[],"id":7}', 7],
  ['an older version', '{"jsonrpc":"1.0","method":"sum","params":[],"id":7}', 7],
  ['params that are text', '{"jsonrpc":"2.0","method":"sum","params":"1","id":7}', 7],
  ['params that are null', '{"jsonrpc":"2.0","method":"sum","params":null,"id":7}', 7],
  ['no method', '{"jsonrpc":"2.0","id":"a"}', 'a'],
  ['an id that is an object', '{"jsonrpc":"2.0","method":"sum","params":[],"id":{}}', null],
  ['an id that is true', '{"jsonrpc":"2.0","method":"sum","params":[],"id":true}', null],
  ['text', '"sum"', null],
  ['null', 'null', null],
])('refuses %s, under its id where there is one', async (_name, line, id) => {
  expect(await ask(line)).toEqual({ ...invalid, id });
});

test('refuses an empty line and bytes that are not UTF-8', async () => {
  expect(await ask('')).toEqual(broken);
  expect(await ask(Uint8Array.of(0x22, 0xff, 0x22))).toEqual(broken);
});

test('an unexpected error reaches the client without its cause', async () => {
  const answer = (await ask('{"jsonrpc":"2.0","method":"fail","id":1}', { data: true })) as { error: object };
  expect(JSON.stringify(answer)).not.toContain('secret');
  expect(answer.error).toMatchObject({ code: -32603, message: 'Internal error', data: { code: 'internal' } });
});

test('our own errors carry their text and data', async () => {
  const answer = await ask('{"jsonrpc":"2.0","method":"nope","id":1}', { data: true });
  expect(answer).toMatchObject({ error: { data: { code: 'method_not_found', message: 'no method nope' } } });
});

test('a batch is limited, and so are its answers together', async () => {
  const call = '{"jsonrpc":"2.0","method":"sum","params":[],"id":1}';
  expect(await ask(`[${Array(11).fill(call).join(',')}]`)).toEqual(invalid);
  expect(await ask(`[${Array(10).fill(call).join(',')}]`)).toHaveLength(10);
  const wide = JSON.stringify({ jsonrpc: '2.0', method: 'nope'.repeat(100), id: 1 });
  expect(await ask(`[${Array(5).fill(wide).join(',')}]`)).toEqual(invalid);
});

test('an answer that does not fit on a line is an error, not a longer line', async () => {
  const answer = { jsonrpc: '2.0', error: { code: -32603, message: 'Internal error' }, id: 1 };
  expect(await ask('{"jsonrpc":"2.0","method":"big","id":1}')).toEqual(answer);
});

test('details that are not JSON become an internal error', async () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const server = new JsonRpc({
    invoke: () => {
      throw new BangerError('vm_died', 'gone', { details: cyclic });
    },
    admit: () => Promise.resolve(),
    describe: (error) => toWireError(error, silent),
    maxBatchCalls: 1,
    maxAnswerBytes: 1000,
  });
  const { answer } = await server.start(Buffer.from('{"jsonrpc":"2.0","method":"x","id":1}'));
  expect(await answer).toContain('-32603');
});

test('results are answered as they complete, a batch when all are there', async () => {
  const gates = new Map<string, () => void>();
  const server = new JsonRpc({
    invoke: (method) => new Promise<void>((resolve) => gates.set(method, resolve)),
    admit: () => Promise.resolve(),
    describe: (error) => toWireError(error, silent),
    maxBatchCalls: 10,
    maxAnswerBytes: 1000,
  });
  const { answer } = await server.start(
    Buffer.from('[{"jsonrpc":"2.0","method":"a","id":1},{"jsonrpc":"2.0","method":"b","id":2}]'),
  );
  gates.get('b')?.();
  gates.get('a')?.();
  expect(JSON.parse((await answer)!)).toMatchObject([{ id: 1 }, { id: 2 }]);
});
