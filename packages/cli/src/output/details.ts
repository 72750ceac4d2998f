import { safeLine, safeText } from './text.ts';

/** More than this of a tool's output helps nobody on a terminal; `--json` has all. */
const MOST_LINES = 20;
/** Details that hold output of a tool or a list that people need; other texts are for programs. */
const linesForPeople: ReadonlySet<string> = new Set(['lastLines', 'lines', 'log', 'output', 'left', 'problems']);

/** What an error's details say to people: the last output of a tool, and findings with their remedies. */
export function detailLines(details: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(details).flatMap(([key, value]) => lastOf(linesOf(key, value)));
}

function linesOf(key: string, value: unknown): string[] {
  const speaks = linesForPeople.has(key);
  if (typeof value === 'string') return speaks ? safeText(value).trimEnd().split('\n') : [];
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) =>
    typeof item === 'string' ? (speaks ? [safeLine(item)] : []) : finding(item),
  );
}

function finding(item: unknown): string[] {
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
