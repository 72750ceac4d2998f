import { expect, test } from 'vitest';
import { z } from 'zod';
import { type ErrorCode, errorCodes } from './errors.ts';
import { frameTypes } from './frames.ts';
import { type MethodSpec, methods } from './methods.ts';

const specs = Object.entries<MethodSpec>(methods);
const codes = Object.entries(errorCodes);

test.each(specs)('%s is complete and can be documented', (name, spec) => {
  expect(name).toMatch(/^[a-z]+(\.[a-z]+)?$/);
  expect(spec.summary).toMatch(/^[A-Z].*\.$/);
  expect(Array.isArray(spec.errors)).toBe(true);
  for (const code of spec.errors) expect(errorCodes).toHaveProperty(code);
  expect(new Set(spec.errors).size).toBe(spec.errors.length);
  for (const schema of [spec.params, spec.result]) {
    expect(z.toJSONSchema(schema, { io: 'input' })).toMatchObject({ type: 'object' });
  }
});

test.each(specs.filter(([name]) => name !== 'handshake'))('%s refuses fields that it does not know', (_name, spec) => {
  expect(z.toJSONSchema(spec.params, { io: 'input' })).toMatchObject({ additionalProperties: false });
});

test('the handshake takes fields of later versions', () => {
  const later = { protocol: 2, client: 'banger 9', compression: 'zstd' };
  expect(methods.handshake.params.safeParse(later).success).toBe(true);
});

test('codes and numbers are unique', () => {
  expect(new Set(codes.map(([, { rpc }]) => rpc)).size).toBe(codes.length);
  expect(new Set(Object.values(frameTypes)).size).toBe(Object.keys(frameTypes).length);
});

test.each(codes)('%s says when it happens, under a number that is ours to give', (code, { when, rpc }) => {
  expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
  expect(when).toMatch(/^[A-Z].*\.$/);
  // -32768 to -32000 is the specification's, which defines five of them.
  const reserved: ErrorCode[] = ['parse_error', 'invalid_request', 'method_not_found', 'invalid_params', 'internal'];
  expect(rpc <= -32_000).toBe(reserved.includes(code as ErrorCode));
});

const vm = 'web';
test.each<[keyof typeof methods, unknown]>([
  ['vm.create', { image: 'debian', name: 'Web' }],
  ['vm.create', { image: 'debian', name: '-web' }],
  ['vm.create', { image: 'debian', name: 'x'.repeat(64) }],
  ['vm.create', { image: 'debian', vcpus: 1.5 }],
  ['vm.create', { image: 'debian', diskBytes: 1 }],
  ['vm.create', { image: '' }],
  ['vm.show', { vm: '' }],
  ['vm.exec', { vm, argv: [] }],
  ['vm.exec', { vm, argv: ['true'], workdir: 'relative' }],
  ['vm.exec', { vm, argv: ['true'], env: { 'A=B': 'x' } }],
  ['vm.exec', { vm, argv: ['a\0b'] }],
  ['vm.exec', { vm, argv: ['true'], env: { A: 'a\0b' } }],
  ['vm.exec', { vm, argv: ['true'], tty: { term: 'xterm', columns: 0, rows: 1 } }],
  ['op.status', { operation: 'zz' }],
  ['op.status', { operation: '0'.repeat(16), waitMs: 60_001 }],
])('%s refuses %j', (method, params) => {
  const spec: MethodSpec = methods[method];
  expect(spec.params.safeParse(params).success).toBe(false);
});
