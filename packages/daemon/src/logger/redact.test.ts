import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { REDACTED, redact, redactLine } from './redact.ts';

const pem = generateKeyPairSync('ed25519', {
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey;

test('secrets are redacted by name, at any depth, in lists and in errors with their causes', () => {
  const secret = 's3cr3t';
  const error = Object.assign(new Error('failed', { cause: { token: secret } }), { details: { env: { A: secret } } });
  const fields = {
    vm: 'abc',
    env: { PASSWORD: secret },
    request: { argv: ['id'], env: { A: secret }, Authorization: `Bearer ${secret}`, headers: [{ 'set-cookie': 'x' }] },
    ticket: secret,
    private_key: secret,
    'api-token': secret,
    nothing: { token: null, password: undefined },
    err: error,
    bytes: Buffer.from(secret),
  };
  const copy = redact(fields);
  expect(JSON.stringify(copy)).not.toContain(secret);
  expect(copy).toMatchObject({
    vm: 'abc',
    env: REDACTED,
    request: { argv: ['id'], Authorization: REDACTED },
    nothing: { token: null },
    err: { message: 'failed', details: { env: REDACTED }, cause: { token: REDACTED }, stack: expect.any(String) },
    bytes: '[6 bytes]',
  });
  expect(fields.ticket, 'the fields of the caller stay as they are').toBe(secret);
});

test('whatever is logged, it comes back: circles, depth, dates, bigints', () => {
  const circle: Record<string, unknown> = { name: 'a' };
  circle['self'] = circle;
  const twice = { n: 1 };
  expect(redact({ circle, left: twice, right: twice })).toEqual({
    circle: { name: 'a', self: '[circular]' },
    left: { n: 1 },
    right: { n: 1 },
  });
  const error = new Error('own cause');
  error.cause = error;
  expect(redact(error)).toMatchObject({ cause: '[circular]' });
  expect(redact({ at: new Date(0), big: 10n, none: null })).toEqual({
    at: '1970-01-01T00:00:00.000Z',
    big: '10',
    none: null,
  });
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withMap: true }), (value) => {
      expect(() => JSON.stringify(redact(value))).not.toThrow();
    }),
    { seed: 3 },
  );
});

test('private keys and passwords of URLs are cut out of any text, and the line stays JSON', () => {
  const body = pem.split('\n')[1]!;
  const lines = [
    JSON.stringify({ msg: `wrote ${pem} to disk`, more: 1 }),
    JSON.stringify({ a: { b: `cut off ${pem.slice(0, 60)}` }, more: 1 }),
    JSON.stringify({ msg: 'two', one: pem, two: pem, more: 1 }),
    JSON.stringify({
      msg: pem
        .replace('PRIVATE KEY', 'OPENSSH PRIVATE KEY')
        .replace(' PRIVATE KEY-----\n', ' OPENSSH PRIVATE KEY-----\n'),
      more: 1,
    }),
  ].map(redactLine);
  for (const line of lines) {
    expect(line).not.toContain(body.slice(0, 20));
    expect(JSON.parse(line)).toMatchObject({ more: 1 });
  }
  expect(lines[0]).toContain(`wrote ${REDACTED}`);
  expect(redactLine('{"msg":"GET https://joe:pa55@host:80/x and http://host/a@b failed"}')).toBe(
    `{"msg":"GET https://joe:${REDACTED}@host:80/x and http://host/a@b failed"}`,
  );
});
