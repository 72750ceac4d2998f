import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProcStat } from './proc-stat.ts';

const line = (name: string, state: string, threads: number, start: number) =>
  `4711 (${name}) ${state} 1 4711 4711 0 -1 4194560 121 0 0 0 0 0 0 0 20 0 ${threads} 0 ${start} 2580480 201 18446744073709551615 1 1\n`;

describe('parseProcStat', () => {
  it('finds the fields whatever the process calls itself', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 15 }), fc.nat(), (name, start) => {
        expect(parseProcStat(line(name, 'S', 1, start))).toEqual({ state: 'S', startTimeTicks: start, dead: false });
      }),
      { seed: 1 },
    );
    expect(parseProcStat(line(') Z 1 (', 'R', 1, 5)).state).toBe('R');
  });

  it('counts a zombie as dead only when its last thread has ended', () => {
    expect(parseProcStat(line('qemu', 'Z', 1, 5)).dead).toBe(true);
    expect(parseProcStat(line('qemu', 'Z', 3, 5)).dead).toBe(false);
  });

  it('refuses anything else', () => {
    expect(() => parseProcStat('')).toThrow('not a line of /proc/PID/stat');
    expect(() => parseProcStat('1 (x) S 1 2')).toThrow('not a line of /proc/PID/stat');
  });
});
