import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { checkSocketPaths, makePaths, resolvePaths } from './paths.ts';

const page = new URL('../../../docs/on-disk.md', import.meta.url);

/** Every string of a Paths object, with what differs written as in the documentation. */
function everyPath(): string[] {
  const paths = makePaths({ stateDir: '/var/lib/banger', runDir: '/run/banger' });
  const { vmmLog, ...vm } = paths.vm('<vm>');
  const values = { ...paths, ...vm, ...prefixed(paths.image('<image>')), log: vmmLog(7).replace('7', '<n>') };
  return Object.values(values).filter((value) => typeof value === 'string');
}

const prefixed = (object: object): object =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [`image ${key}`, value as unknown]));

test('docs/on-disk.md lists every name, and no name that is not there', async () => {
  const lines = (await readFile(page, 'utf8')).split('\n');
  const listed = lines.flatMap((line) => /^\| `(\/[^`]+)`/.exec(line)?.[1] ?? []);
  expect([...new Set(listed)].sort()).toEqual(listed.sort());
  expect(listed).toEqual([...new Set(everyPath())].sort());
});

test('a socket path may have 107 bytes and no more; the key to change is named', () => {
  const runDir = '/run/banger';
  const fits = { stateDir: '/s', runDir, socketPath: `/${'x'.repeat(106)}` };
  expect(resolvePaths(fits).socket).toBe(fits.socketPath);
  expect(() => resolvePaths({ ...fits, socketPath: `${fits.socketPath}x` })).toThrow(
    expect.objectContaining({
      code: 'path_too_long',
      message: expect.stringContaining('has 108 bytes, Linux allows 107'),
      remediation: 'Make socket_path at least 1 byte shorter.',
    }),
  );
  // Bytes count, not characters.
  expect(checkSocketPaths({ ...fits, socketPath: `/${'é'.repeat(54)}` })).toMatchObject([{ excessBytes: 2 }]);
  expect(checkSocketPaths({ stateDir: '/s', runDir: `/${'r'.repeat(100)}` })).toMatchObject([{ key: 'run_dir' }]);
});

test("the state directory must leave room for the sockets in a VM's directory", () => {
  const longest = `/${'s'.repeat(76)}`;
  expect(Buffer.byteLength(makePaths({ stateDir: longest, runDir: '/r' }).vm('0'.repeat(16)).qmpSocket)).toBe(107);
  expect(checkSocketPaths({ stateDir: longest, runDir: '/r' })).toEqual([]);
  expect(checkSocketPaths({ stateDir: `${longest}ss`, runDir: '/r' })).toMatchObject([
    { key: 'state_dir', excessBytes: 2 },
  ]);
});
