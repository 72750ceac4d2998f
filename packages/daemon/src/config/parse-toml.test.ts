import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BangerError } from '../errors.ts';
import { parseToml } from './parse-toml.ts';
import { resolveConfig } from './resolve.ts';

function failure(text: string): string[] {
  try {
    parseToml(text, '/etc/b.toml');
  } catch (error) {
    expect((error as BangerError).code).toBe('config_invalid');
    return (error as BangerError).message.split('\n');
  }
  throw new Error('was accepted');
}

test('an empty file is the defaults', () => {
  expect(parseToml('', 'f')).toEqual(resolveConfig({}));
  expect(parseToml('# nothing\n[network]\n', 'f')).toEqual(resolveConfig({}));
});

test('a file and options with the same content are the same configuration', () => {
  const file = `
    state_dir = "/srv/banger"
    log_level = "debug"
    vmm = "qemu"
    network = { bridge = "br7", cidr = "10.9.0.0/24", mtu = 1400, resolvers = ["9.9.9.9", "2620:fe::fe"] }
    defaults.memory = "512MiB"
    defaults.work_disk = 2147483648
    [limits]
    stop_grace = "1.5s"`;
  expect(parseToml(file, 'f')).toEqual(
    resolveConfig({
      stateDir: '/srv/banger',
      logLevel: 'debug',
      vmm: 'qemu',
      network: { bridge: 'br7', cidr: '10.9.0.0/24', mtu: 1400, resolvers: ['9.9.9.9', '2620:fe::fe'] },
      defaults: { memory: 512 * 2 ** 20, workDisk: '2GiB' },
      limits: { stopGrace: 1500 },
    }),
  );
  expect(parseToml(file, 'f')).toMatchObject({ defaults: { memoryMib: 512, workDiskBytes: 2 ** 31 } });
});

test('every fault is named with its line, key, value and what is expected', () => {
  const text = [
    'stat_dir = "/x"', // 1
    'log_level = "loud"',
    '', // 3
    '[network]',
    '# a comment', // 5
    'cidr = "172.30.0.5/16"',
    'resolvers = [', // 7
    '  "9.9.9.9",',
    '',
    '  "nine", # [network]',
    ']',
    'bridge = """\\', // 12
    '  a-name-that-is-too-long"""',
    '[defaults]', // 14
    'vcpus = 0',
    'memory = "lots"',
    'cidr = "10.0.0.0/8"',
  ].join('\n');
  expect(failure(text)).toEqual([
    '/etc/b.toml:1: stat_dir: there is no such key; did you mean state_dir?',
    expect.stringMatching(/^\/etc\/b\.toml:2: log_level: got "loud"; expected one of "trace", .*"silent"$/),
    expect.stringMatching(
      /:6: network\.cidr: "172\.30\.0\.5\/16" does not begin with .* 172\.30\.0\.0\/16; expected an IPv4/,
    ),
    expect.stringMatching(/:7: network\.resolvers: "nine" is no IP address; expected a list of IP addresses/),
    expect.stringMatching(/:12: network\.bridge: "a-name-that-is-too-long" is longer than the 15 bytes/),
    '/etc/b.toml:15: defaults.vcpus: got 0; expected a whole number between 1 and 64',
    expect.stringMatching(/:16: defaults\.memory: "lots" cannot be read; expected a size between 128MiB and 1TiB/),
    '/etc/b.toml:17: defaults.cidr: there is no such key; did you mean network.cidr?',
  ]);
});

test.each([
  ['network = 5', /:1: network: got 5; expected a section with keys/],
  ['[[network]]\ncidr = "10.0.0.0/8"', /network: got .*; expected a section with keys/],
  ['stateDir = "/x"', /:1: stateDir: there is no such key; did you mean state_dir\?/],
  ['[netwrk]\ncidr = 5', /:1: netwrk: there is no such key; did you mean network\?/],
  ['[top]\nstate_dir = "/x"', /:1: top: there is no such key/],
  ['"__proto__" = 1', /:1: __proto__: there is no such key; the keys here are state_dir, /],
  ['constructor = 1', /:1: constructor: there is no such key/],
  ['\n\nsocket_path = "run/x.sock"', /:3: socket_path: "run\/x\.sock" is not absolute; expected an absolute path/],
  ['[limits]\nstop_grace = "1h"', /:2: limits\.stop_grace: "1h" is not between .* expected a duration/],
  ['[limits]\nhistory = 2020-01-01', /:2: limits\.history: got .*; expected a duration/],
  ['[debian]\nmirror = "ftp://x"', /:2: debian\.mirror: "ftp:\/\/x" is no http or https URL/],
  ['[network]\nmtu = 1500.5', /:2: network\.mtu: got 1500\.5; expected a whole number/],
  ['a = 1\nb = \n', /^\/etc\/b\.toml:2:\d+: /],
  ['vmm = "auto"\nvmm = "qemu"', /^\/etc\/b\.toml:2:\d+: /],
])('%j is refused', (text, message) => {
  expect(failure(text).join('\n')).toMatch(message);
});

test.each([
  '172.30.0.0',
  '172.30.0.0/7',
  '172.30.0.0/30',
  '300.1.1.0/24',
  '::/16',
  '10.0.0.0/8/8',
  '10.0.0.0/ 8',
  '10.1.0.0/8',
])('the range %s is refused', (cidr) => {
  expect(failure(`network.cidr = ${JSON.stringify(cidr)}`)[0]).toMatch(/:1: network\.cidr: .*; expected an IPv4 range/);
});

test('whatever the text is, it is a configuration or a config_invalid with a line', () => {
  const word = fc.constantFrom('state_dir', 'network', 'cidr', 'defaults', 'memory', 'x', '"a b"', '__proto__');
  const value = fc.constantFrom(
    '1',
    '"/x"',
    '"2GiB"',
    'true',
    '[1, "a"]',
    '{ cidr = 1 }',
    '"""\nlong\n"""',
    'inf',
    '07:32:00',
  );
  const line = fc.oneof(
    fc.tuple(word, value).map(([key, content]) => `${key} = ${content}`),
    fc.tuple(word, word, value).map(([section, key, content]) => `${section}.${key} = ${content}`),
    word.map((section) => `[${section}]`),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      try {
        parseToml(lines.join('\n'), '/f');
      } catch (error) {
        expect(error).toMatchObject({ code: 'config_invalid' });
        for (const message of (error as Error).message.split('\n')) expect(message).toMatch(/^\/f:\d+:/);
      }
    }),
    { numRuns: 500, seed: 11 },
  );
});
