import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { sampleVm, TempDir } from './testing.ts';

const testingModule = new URL('./testing.ts', import.meta.url).href;
const openModule = new URL('./open.ts', import.meta.url).href;

/** Commits pairs of VMs for ever, and says each number only after its commit. */
const writer = `
  import { writeSync } from 'node:fs';
  import { openStore } from ${JSON.stringify(openModule)};
  import { sampleVm } from ${JSON.stringify(testingModule)};
  const store = openStore({ path: process.argv[1], clock: { now: () => new Date() } });
  for (let number = 0; ; number += 2) {
    store.transaction(number % 10 === 0 ? 'durable' : 'normal', () => {
      store.vms.insert(sampleVm(number));
      store.vms.insert(sampleVm(number + 1));
    });
    writeSync(1, number + '\\n');
  }`;

test('what was committed before kill -9 is there afterwards, and no half of anything', {
  timeout: 30_000,
}, async () => {
  for (const round of [1, 2, 3]) {
    using dir = new TempDir();
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', writer, dir.file()], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    await once(child.stdout, 'data');
    // Not a wait for something: it lets the kill fall on another moment of the loop in each round.
    await delay(round * 37);
    child.kill('SIGKILL');
    await once(child, 'close');

    const confirmed = said.split('\n').slice(0, -1).map(Number);
    expect(confirmed.length).toBeGreaterThan(0);
    const store = dir.open();
    const numbers = new Set(store.vms.list().map((vm) => Number.parseInt(vm.id, 16)));
    for (const number of confirmed) {
      expect(numbers.has(number)).toBe(true);
      expect(store.vms.get(sampleVm(number + 1).id)).toEqual(sampleVm(number + 1));
    }
    expect(numbers.size % 2).toBe(0);
    expect(numbers.size - confirmed.length * 2, 'at most one commit was not said any more').toBeLessThanOrEqual(2);
    store.close();
  }
});
