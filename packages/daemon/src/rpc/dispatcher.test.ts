import type { MethodName } from '@banger/api-types';
import { expect, test } from 'vitest';
import { Dispatcher, type Peer } from './dispatcher.ts';
import type { Handlers } from './types.ts';

const handlers = new Proxy(
  {},
  {
    get: (_target, method: MethodName) => (params: unknown) => (method === 'vm.list' ? { vms: 'none' } : params),
  },
) as Handlers;
const identity = { name: 'bangerd 2.0.0', instance: '0a0b0c0d' };
const dispatcher = new Dispatcher({ handlers, identity, checkResults: false });
const context: Peer['context'] = {
  signal: new AbortController().signal,
  connectionId: 'c1',
  issueTicket: () => ({ ticket: '', expiresInMs: 1 }),
};

function thrownBy(method: string, params: unknown, peer: Peer = { greeted: true, context }): unknown {
  try {
    return dispatcher.call(method, params, peer);
  } catch (error) {
    return error;
  }
}

test('the handshake comes first, and once is enough', () => {
  const peer: Peer = { greeted: false, context };
  expect(thrownBy('vm.list', {}, peer)).toMatchObject({ code: 'handshake_required' });
  expect(thrownBy('handshake', { protocol: 1, client: 'banger 1.0.0' }, peer)).toEqual({
    protocol: 1,
    daemon: 'bangerd 2.0.0',
    instance: '0a0b0c0d',
  });
  expect(thrownBy('vm.show', { vm: 'web' }, peer)).toEqual({ vm: 'web' });
});

test.each([
  [0, 'Upgrade banger 1.0.0 to the version of the daemon.'],
  [99, 'Upgrade bangerd 2.0.0 to the version of the client and restart it; VMs go on running meanwhile.'],
])('a client of protocol %i is told both versions and whom to upgrade', (protocol, remediation) => {
  const peer: Peer = { greeted: false, context };
  expect(thrownBy('handshake', { protocol, client: 'banger 1.0.0', addedLater: true }, peer)).toMatchObject({
    code: 'protocol_mismatch',
    message: `banger 1.0.0 speaks protocol ${protocol}, but bangerd 2.0.0 speaks protocol 1`,
    remediation,
  });
  expect(thrownBy('vm.list', {}, peer)).toMatchObject({ code: 'handshake_required' });
});

test.each([
  ['vm.lst', 'the daemon has no method vm.lst, did you mean vm.list?'],
  ['frobnicate', 'the daemon has no method frobnicate'],
  ['constructor', 'the daemon has no method constructor'],
  ['__proto__', 'the daemon has no method __proto__'],
])('there is no method %s', (method, message) => {
  expect(thrownBy(method, {})).toMatchObject({ code: 'method_not_found', message });
});

test('params may be left out where there are none', () => {
  expect(thrownBy('daemon.status', undefined)).toEqual({});
});

test.each<[string, MethodName, unknown, string]>([
  ['a missing field', 'vm.show', {}, 'vm.show: vm: is missing, expected string'],
  ['a wrong type', 'vm.show', { vm: 5 }, 'vm.show: vm: expected string, received number'],
  ['null for nothing', 'vm.show', { vm: null }, 'vm.show: vm: expected string, received null'],
  [
    'a mistyped field',
    'vm.create',
    { image: 'debian', vcpu: 2 },
    'vm.create: vcpu: no such field, did you mean vcpus?',
  ],
  ['a field where there is another', 'vm.show', { vm: 'a', frob: 2 }, 'vm.show: frob: no such field, there are vm'],
  ['a field where there are none', 'vm.list', { all: true }, 'vm.list: all: no such field, there are none here'],
  [
    'a field inside an optional field',
    'vm.exec',
    { vm: 'a', argv: ['true'], tty: { term: 'xterm', columns: 80, row: 24 } },
    'vm.exec: tty.rows: is missing, expected number; tty.row: no such field, did you mean rows?',
  ],
  ['an element of a list', 'vm.exec', { vm: 'a', argv: ['a', 1] }, 'vm.exec: argv.1: expected string, received number'],
  ['a number out of range', 'vm.create', { image: 'd', vcpus: 65 }, 'vm.create: vcpus: expected number to be <=64'],
  [
    'a text that does not fit',
    'vm.create',
    { image: 'd', name: 'Web!' },
    'vm.create: name: use 1 to 63 lower-case letters, digits and inner hyphens',
  ],
  ['positional parameters', 'vm.show', ['web'], 'vm.show: the parameters are passed by name, as a JSON object'],
])('says what is wrong: %s', (_name, method, params, message) => {
  expect(thrownBy(method, params)).toMatchObject({ code: 'invalid_params', message });
});

test('names the variable whose name does not fit', () => {
  const error = thrownBy('vm.exec', { vm: 'a', argv: ['true'], env: { 'A-B': '1' } });
  expect(error).toMatchObject({ details: { method: 'vm.exec', fields: [{ field: 'env.A-B' }] } });
});

test('lists some of many problems only', () => {
  const error = thrownBy('vm.exec', { vm: 'a', argv: Array(4096).fill(1) });
  expect((error as { details: { fields: unknown[] } }).details.fields).toHaveLength(10);
});

test('a result that does not fit its schema is found where results are checked', async () => {
  const checking = new Dispatcher({ handlers, identity, checkResults: true });
  await expect(checking.call('vm.list', {}, { greeted: true, context })).rejects.toThrow(/result of vm.list/);
  expect(thrownBy('vm.list', {})).toEqual({ vms: 'none' });
});
