import { readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Machine, MachineSpec, Vmm } from './port.ts';

/** One host on which the contract is tried, made anew for every test. */
export interface VmmTrial extends AsyncDisposable {
  /** A new adapter each time, as after a restart of the daemon. */
  vmm(): Vmm;
  /** A machine that runs until it is told otherwise; its directory is there. */
  readonly spec: MachineSpec;
  /** The same, and its guest powers off when the button is pressed. */
  readonly obedient: MachineSpec;
  /** The same, and it cannot start. */
  readonly broken: MachineSpec;
}

/** What every VMM adapter must do. */
export function vmmContract(name: string, makeTrial: () => Promise<VmmTrial>): void {
  describe(`contract of a VMM: ${name}`, () => {
    const never = new AbortController().signal;
    let trial: VmmTrial;
    let vmm: Vmm;
    let started: Machine[] = [];
    const start = async (spec: MachineSpec, signal = never): Promise<Machine> => {
      const machine = await vmm.start(spec, signal);
      started.push(machine);
      return machine;
    };
    const isSettled = async (promise: Promise<unknown>): Promise<boolean> =>
      await Promise.race([promise.then(() => true), delay(20, false)]);

    beforeEach(async () => {
      trial = await makeTrial();
      vmm = trial.vmm();
      started = [];
    });
    afterEach(async () => {
      await Promise.all(started.map((machine) => machine.kill(AbortSignal.timeout(5000)).catch(() => {})));
      await trial[Symbol.asyncDispose]();
    });

    test('a started machine lives, is found by its tag, and is gone after kill', async () => {
      const machine = await start(trial.spec);
      expect(await vmm.find(trial.spec)).toEqual(machine.identity);
      expect(await isSettled(machine.ended)).toBe(false);
      const end = await machine.kill();
      expect(end).toMatchObject({ requested: false, reason: expect.stringMatching(/killed/) });
      expect(await machine.ended).toEqual(end);
      expect(await vmm.find(trial.spec)).toBeUndefined();
      expect(await machine.kill()).toEqual(end);
    });

    test('another tag is another machine', async () => {
      await start(trial.spec);
      expect(await vmm.find({ ...trial.spec, tag: `${trial.spec.tag}0` })).toBeUndefined();
      expect(await vmm.find({ ...trial.spec, tag: trial.spec.tag.slice(0, -1) })).toBeUndefined();
    });

    test('a machine outlives whoever started it, and is adopted by the next', async () => {
      const first = await start(trial.spec);
      first.release();
      const next = trial.vmm();
      const identity = await next.find(trial.spec);
      expect(identity).toEqual(first.identity);
      const machine = await next.adopt(trial.spec, first.identity);
      if (!machine) throw new Error('it is gone');
      started = [machine];
      expect(await isSettled(machine.ended)).toBe(false);
      expect(await machine.kill()).toMatchObject({ requested: false });
    });

    test('a death from outside is noticed within a second, also after adoption', async () => {
      const machine = await start(trial.spec);
      process.kill(machine.identity.pid, 'SIGKILL');
      const before = performance.now();
      expect(await machine.ended).toMatchObject({ requested: false });
      expect(performance.now() - before).toBeLessThan(1000);

      const second = await start(trial.spec);
      second.release();
      const adopted = await trial.vmm().adopt(trial.spec, second.identity);
      process.kill(second.identity.pid, 'SIGKILL');
      const beforeSecond = performance.now();
      expect(await adopted?.ended).toMatchObject({ requested: false });
      expect(performance.now() - beforeSecond).toBeLessThan(1000);
    });

    test('a machine that is gone is neither found nor adopted', async () => {
      const machine = await start(trial.spec);
      await machine.kill();
      expect(await vmm.adopt(trial.spec, machine.identity)).toBeUndefined();
    });

    test('the power button ends an obedient guest by its own wish', async () => {
      const machine = await start(trial.obedient);
      expect(await machine.powerButton()).toBe(true);
      expect(await machine.ended).toMatchObject({ requested: true });
    });

    test('a failed start says what to do and leaves nothing', async () => {
      const before = await readdir(trial.broken.directory);
      await expect(start(trial.broken)).rejects.toMatchObject({ name: 'BangerError', message: expect.any(String) });
      expect(await vmm.find(trial.broken)).toBeUndefined();
      expect(await readdir(trial.broken.directory)).toEqual(before);
    });

    test.each([0, 5, 30, 80])('a start that is aborted after %i ms leaves nothing', async (ms) => {
      const before = await readdir(trial.spec.directory);
      const abort = new AbortController();
      const pending = vmm.start(trial.spec, abort.signal);
      if (ms > 0) await Promise.race([delay(ms), pending.catch(() => {})]);
      abort.abort(new Error('enough'));
      const machine = await pending.catch((error: unknown) => error);
      if (machine instanceof Error) {
        expect(machine.message).toBe('enough');
        expect(await vmm.find(trial.spec)).toBeUndefined();
        expect(await readdir(trial.spec.directory)).toEqual(before);
      } else {
        started.push(machine as Machine); // it was there already; an abort has no power over it
      }
    });

    test('a machine starts again where one ended', async () => {
      await (await start(trial.spec)).kill();
      const again = await start(trial.spec);
      expect(await vmm.find(trial.spec)).toEqual(again.identity);
    });

    test('an aborted wait for kill ends the wait, and the machine all the same', async () => {
      const machine = await start(trial.spec);
      const abort = new AbortController();
      const killed = machine.kill(abort.signal);
      abort.abort(new Error('enough'));
      await expect(killed).rejects.toThrow('enough');
      await machine.ended;
      expect(await vmm.find(trial.spec)).toBeUndefined();
    });
  });
}
