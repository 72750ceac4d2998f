import { expect, test } from 'vitest';
import { renderPairs, renderTable } from './table.ts';

const columns = [{ title: 'NAME', shrinks: true }, { title: 'SIZE', align: 'right' as const }, { title: 'ID' }];

test('columns are aligned, and no line ends in spaces', () => {
  const lines = renderTable(
    columns,
    [
      ['a', '5 B', 'x1'],
      ['longer-name', '12 MiB', ''],
    ],
    undefined,
  );
  expect(lines).toEqual(['NAME           SIZE  ID', 'a               5 B  x1', 'longer-name  12 MiB']);
});

test('a narrow terminal cuts what may be cut, to a readable rest', () => {
  const row = ['a-name-that-takes-a-lot-of-room', '12 MiB', '00112233445566aa'];
  const lines = renderTable(columns, [row], 50);
  expect(lines[1]).toHaveLength(50);
  expect(lines[1]).toBe('a-name-that-takes-a-lot…  12 MiB  00112233445566aa');
  expect(renderTable(columns, [row], 10)[1]).toBe('a-name-…  12 MiB  00112233445566aa');
});

test('pairs', () => {
  expect(
    renderPairs([
      ['Id', '1'],
      ['Address', 'x'],
    ]),
  ).toEqual(['Id:       1', 'Address:  x']);
});
