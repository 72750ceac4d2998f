import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** What an entry loads, its own files left out. */
function loadedBy(entry: string): string[] {
  const script = `
    import { registerHooks } from 'node:module';
    const seen = new Set();
    registerHooks({ resolve(specifier, context, next) { seen.add(specifier); return next(specifier, context); } });
    await import(${JSON.stringify(new URL(entry, import.meta.url).href)});
    console.log(JSON.stringify([...seen].filter((each) => !each.startsWith('.') && !each.startsWith('file:'))));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as string[];
}

test('the client loads nothing: no zod, which doubles the start of a command, and nothing that a browser lacks', () => {
  expect(loadedBy('client.ts')).toEqual([]);
});

test('the client for Node loads its socket', () => {
  expect(loadedBy('node.ts')).toEqual(['node:net']);
});

test('the contract loads zod, so that the tests above would see it', () => {
  expect(loadedBy('index.ts')).toEqual(['zod']);
});
