import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { directoryCapability } from './directory.ts';
import { Host, image, only, Steps, vm } from './testing.ts';

it('comes once, only for its owner, and goes with all that is in it', async () => {
  using host = new Host();
  const capability = directoryCapability(host.filesOf);
  const steps = new Steps(capability);
  const create = only(capability.provision?.({ vm, image }));
  expect(await steps.observe(create)).toBeUndefined();
  await steps.do(create);
  expect(statSync(host.files.directory).mode & 0o777).toBe(0o700);
  expect(await steps.observe(create)).toBeNull();
  await steps.do(create);
  mkdirSync(join(host.files.directory, 'deep'));
  writeFileSync(join(host.files.directory, 'deep', 'file'), '');
  await steps.undo(create);
  await steps.undo(create);
  expect(await steps.observe(create)).toBeUndefined();
});

it('is removed by a delete, also twice', async () => {
  using host = new Host();
  const capability = directoryCapability(host.filesOf);
  const steps = new Steps(capability);
  await steps.do(only(capability.provision?.({ vm, image })));
  const remove = only(capability.destroy?.(vm));
  await steps.do(remove);
  await steps.do(remove);
  expect(readdirSync(join(host.files.directory, '..'))).toEqual([]);
});
