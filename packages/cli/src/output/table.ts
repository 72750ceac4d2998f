import { truncate } from './text.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** May be cut, down to 8 characters, when the terminal is too narrow. */
  readonly shrinks?: boolean;
}

const GAP = 2;
const NARROWEST = 8;

/**
 * Lines of aligned columns, the titles first.
 * @param rows cells that are safe for a terminal
 * @param width of the terminal; nothing is cut when it is undefined
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): string[] {
  const widths = columns.map(({ title }) => title.length);
  for (const row of rows) {
    for (let index = 0; index < widths.length; index++) {
      const length = row[index]?.length ?? 0;
      if (length > (widths[index] ?? 0)) widths[index] = length;
    }
  }
  if (width !== undefined) shrink(columns, widths, width);
  const titles = columns.map(({ title }) => title);
  return [titles, ...rows].map((row) => renderRow(columns, widths, row));
}

/** Takes what is too much from the widest columns that may be cut. */
function shrink(columns: readonly Column[], widths: number[], width: number): void {
  let excess = widths.reduce((sum, each) => sum + each, 0) + GAP * (widths.length - 1) - width;
  while (excess > 0) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      if (column.shrinks !== true || (widths[index] ?? 0) <= NARROWEST) continue;
      if (widest === -1 || (widths[index] ?? 0) > (widths[widest] ?? 0)) widest = index;
    }
    if (widest === -1) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess--;
  }
}

function renderRow(columns: readonly Column[], widths: readonly number[], row: readonly string[]): string {
  let line = '';
  for (let index = 0; index < columns.length; index++) {
    const width = widths[index] ?? 0;
    const cell = row[index] ?? '';
    const text = cell.length > width ? truncate(cell, width) : cell;
    const last = index === columns.length - 1;
    if (columns[index]?.align === 'right') line += text.padStart(width);
    else line += last ? text : text.padEnd(width);
    if (!last) line += '  ';
  }
  return line.trimEnd();
}

/** Lines of names and values, the values under each other. */
export function renderPairs(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length)) + 1;
  return pairs.map(([name, value]) => `${`${name}:`.padEnd(width)}  ${value}`.trimEnd());
}
