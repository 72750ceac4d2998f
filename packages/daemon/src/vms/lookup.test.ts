import { afterEach, beforeEach, expect, it } from 'vitest';
import { sampleVm, TempDir } from '../store/testing.ts';
import type { Store } from '../store/types.ts';
import { requireVm, resolveVm } from './lookup.ts';

let directory: TempDir;
let store: Store;
beforeEach(() => {
  directory = new TempDir();
  store = directory.open();
  store.transaction('normal', () => {
    for (const [index, name] of ['web', 'web-2', 'web-3', 'db'].entries())
      store.vms.insert(sampleVm(index + 1, { name, id: `${index}bcdef0123456789` }));
    for (const n of [5, 6, 7, 8, 9, 10]) store.vms.insert(sampleVm(n, { name: `many-${n}` }));
  });
});
afterEach(() => {
  store.close();
  directory[Symbol.dispose]();
});

it.each([
  ['web', 'web'],
  ['web-2', 'web-2'],
  ['d', 'db'],
  ['3bcdef0123456789', 'db'],
  ['3bc', 'db'],
])('%s means %s', (ref, name) => expect(resolveVm(store, ref).name).toBe(name));

it('what fits several is refused, with their names', () => {
  expect(() => resolveVm(store, 'we')).toThrow(
    expect.objectContaining({ code: 'vm_ambiguous', message: 'we fits 3 VMs: web, web-2, web-3' }),
  );
  expect(() => resolveVm(store, 'many')).toThrow(/^many fits 6 VMs: (many-\d+, ){5}\.\.\.$/);
});

it('what fits none is refused, with where to look', () => {
  const error = expect.objectContaining({ code: 'vm_not_found', remediation: 'See `banger vm list`.' });
  expect(() => resolveVm(store, 'mail')).toThrow(error);
  expect(() => resolveVm(store, '')).toThrow(error);
  expect(() => requireVm(store, 'gone')).toThrow(error);
});
