import { createRunner } from '@banger/system';
import { describe, expect, it } from 'vitest';
import { Failpoints, parseFailures } from './failpoints.ts';

describe('Failpoints', () => {
  it('does nothing but remember, unless told', () => {
    const points = new Failpoints();
    expect(points.hit('a')).toBeUndefined();
    expect(points.hit('b')).toBeUndefined();
    expect(points.visited).toEqual(['a', 'b']);
  });

  it('throws at the visit that was named, once', () => {
    const points = new Failpoints(parseFailures('a=throw@2'));
    expect(points.hit('a')).toBeUndefined();
    expect(() => points.hit('a')).toThrow('failpoint a');
    expect(() => points.hit('a')).not.toThrow();
  });

  it('hangs until it is released', async () => {
    const points = new Failpoints([{ point: 'a', action: 'hang' }]);
    const visit = Promise.resolve(points.hit('a')).then(() => 'went on');
    expect(await Promise.race([visit, Promise.resolve('hangs')])).toBe('hangs');
    expect(points.hanging).toBe(1);
    points.release();
    expect(await visit).toBe('went on');
  });

  it('kills a real process where it stands', async () => {
    const url = new URL('failpoints.ts', import.meta.url).href;
    const script = `
      const { Failpoints, parseFailures } = await import(${JSON.stringify(url)});
      process.on('exit', () => console.log('exit handler'));
      const points = new Failpoints(parseFailures('middle=kill'));
      for (const point of ['first', 'middle', 'last']) { await points.hit(point); console.log(point); }`;
    const runner = createRunner({ env: process.env });
    const run = runner.run([process.execPath, '--input-type=module', '-e', script]);
    await expect(run).rejects.toMatchObject({ signal: 'SIGKILL', stdout: 'first\n' });
  });
});

describe('parseFailures', () => {
  it('reads several, with colons in their names', () => {
    expect(parseFailures('vm.create:tap:acted=kill, x=hang@3,')).toEqual([
      { point: 'vm.create:tap:acted', action: 'kill' },
      { point: 'x', action: 'hang', visit: 3 },
    ]);
    expect(parseFailures('')).toEqual([]);
  });

  it.each(['x', 'x=explode', '=kill', 'x=kill@0'])('refuses %s', (text) => {
    expect(() => parseFailures(text)).toThrow('not a failpoint');
  });
});
