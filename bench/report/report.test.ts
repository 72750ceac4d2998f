import { expect, it } from 'vitest';
import { withResults } from './document.ts';
import { number, renderReport } from './render.ts';
import type { Finding } from './types.ts';

const finding: Finding = {
  id: 'list',
  title: 'A list',
  method: 'In turn.',
  targets: [
    { what: 'list | start', value: 1.51, limit: 1.5, unit: '', cause: 'The launcher takes it.' },
    { what: 'memory', value: 150, limit: 150, unit: ' MB', cause: 'never shown' },
  ],
  series: [{ label: 'banger', unit: 'ms', values: [3, 1, 2] }],
  facts: [{ label: 'rows', text: '1000' }],
};

it('says what was met and what was missed, why, and every value', () => {
  const text = renderReport({ host: [{ label: 'CPU', text: 'x' }], findings: [finding] });
  expect(text).toContain('| list \\| start | 1.51 | 1.50 | **missed** |');
  expect(text).toContain('| memory | 150 MB | 150 MB | met |');
  expect(text).toContain('- Missed: list | start. The launcher takes it.');
  expect(text).not.toContain('never shown');
  expect(text).toContain('| banger, ms | 2.00 | 1.50 | 2.50 | 2.98 | 1.00 | 3.00 | 3 |');
  expect(text).toContain('- banger, ms: 3.00 1.00 2.00');
});

it('keeps digits that count', () => {
  expect([1234.5, 99.94, 9.994, 0.1234, 0].map(number)).toEqual(['1235', '99.9', '9.99', '0.123', '0.000']);
});

it('replaces what is between the markers only, as often as one likes', () => {
  const begin = '<!-- results: written by `npm run bench -- --write` -->';
  const once = withResults(`# Head\n${begin}\nold\n<!-- end of results -->\nTail\n`, 'new $& text');
  expect(once).toBe(`# Head\n${begin}\n\nnew $& text\n\n<!-- end of results -->\nTail\n`);
  expect(withResults(once, 'new $& text')).toBe(once);
  expect(() => withResults('# Head\n', 'new')).toThrow('no place');
  expect(() => withResults(`<!-- end of results -->${begin}`, 'new')).toThrow('no place');
});
