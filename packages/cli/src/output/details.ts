import { safeLine, safeText } from './text.ts';

/** More than this of a tool's output helps nobody on a terminal; `--json` has all. */
const MOST_LINES = 20;

/**
 * What an error's details say to people: lists of lines (a tool's last output), lists of findings with their
 * remedies, and text of several lines. Everything else is for programs.
 */
export function detailLines(details: Readonly<Record<string, unknown>>): string[] {
  return Object.values(details).flatMap(linesOf);
}

function linesOf(value: unknown): string[] {
  if (typeof value === 'string' && value.includes('\n')) return lastOf(safeText(value).trimEnd().split('\n'));
  if (!Array.isArray(value)) return [];
  return lastOf(value.flatMap(itemLines));
}

function itemLines(item: unknown): string[] {
  if (typeof item === 'string') return [safeLine(item)];
  if (typeof item !== 'object' || item === null || !('message' in item)) return [];
  const subject = ['check', 'name'].map((key): unknown => Reflect.get(item, key)).find(isWord);
  const lines = [`- ${subject === undefined ? '' : `${safeLine(subject)}: `}${safeLine(String(item.message))}`];
  const remedy: unknown = Reflect.get(item, 'remediation');
  return isWord(remedy) ? [...lines, `  ${safeLine(remedy)}`] : lines;
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function lastOf(lines: string[]): string[] {
  return lines.slice(-MOST_LINES);
}
