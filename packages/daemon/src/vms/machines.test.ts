import { expect, it } from 'vitest';
import { FakeMachine } from '../capabilities/testing.ts';
import { LiveMachines } from './machines.ts';

it('tells of the end of a machine that is attached, and keeps how it ended', async () => {
  const ended: string[] = [];
  const machines = new LiveMachines((vmId) => ended.push(vmId));
  const machine = new FakeMachine();
  machines.attach('a', machine);
  expect([machines.get('a'), machines.size, machines.endOf('a')]).toEqual([machine, 1, undefined]);
  machine.end('guest powered off');
  await machine.ended;
  expect(ended).toEqual(['a']);
  expect(machines.endOf('a')?.reason).toBe('guest powered off');
});

it('lets go of a machine that is detached or replaced, and hears no more of it', async () => {
  const ended: string[] = [];
  const machines = new LiveMachines((vmId) => ended.push(vmId));
  const [first, second] = [new FakeMachine(), new FakeMachine()];
  machines.attach('a', first);
  machines.attach('a', second);
  expect([first.log, second.log]).toEqual([['release'], []]);
  machines.release();
  expect(second.log).toEqual(['release']);
  first.end('gone');
  second.end('gone');
  await Promise.all([first.ended, second.ended]);
  expect(ended).toEqual([]);
  expect(machines.size).toBe(0);
});
