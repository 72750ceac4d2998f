import { truncate } from './text.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** May be cut, down to 8 characters, when the terminal is too narrow. */
  readonly shrinks?: boolean;
}

const GAP = '  ';
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
  const fits = columns.map(({ align }, index) => fitter(widths[index] ?? 0, align));
  return [titles, ...rows].map((row) => renderRow(fits, row));
}

/** Brings a cell to its column's width. */
function fitter(width: number, align: Column['align']): (cell: string) => string {
  const right = align === 'right';
  return (cell) => {
    if (cell.length === width) return cell;
    if (cell.length > width) return truncate(cell, width);
    return right ? cell.padStart(width) : cell.padEnd(width);
  };
}

/** Takes what is too much from the widest columns that may be cut. */
function shrink(columns: readonly Column[], widths: number[], width: number): void {
  let excess = widths.reduce((sum, each) => sum + each, 0) + GAP.length * (widths.length - 1) - width;
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

function renderRow(fits: readonly ((cell: string) => string)[], row: readonly string[]): string {
  let line = '';
  for (let index = 0; index < fits.length; index++) {
    const cell = fits[index]?.(row[index] ?? '') ?? '';
    line = index === 0 ? cell : line + GAP + cell;
  }
  return line.trimEnd();
}

/** Lines of names and values, the values under each other. */
export function renderPairs(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length)) + 1;
  return pairs.map(([name, value]) => `${`${name}:`.padEnd(width)}  ${value}`.trimEnd());
}
