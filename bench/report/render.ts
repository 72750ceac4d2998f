import { summarize } from '../statistics.ts';
import { type Fact, type Finding, isMet, type Series, type Target } from './types.ts';

export interface Report {
  readonly host: readonly Fact[];
  readonly findings: readonly Finding[];
}

/** The report as Markdown: targets first, then each measurement with all its values. */
export function renderReport({ host, findings }: Report): string {
  const targets = findings.flatMap(({ targets }) => targets);
  return [
    table(
      ['host', ''],
      host.map(({ label, text }) => [label, text]),
    ),
    ...(targets.length === 0 ? [] : ['### Targets', renderTargets(targets), ...renderMisses(targets)]),
    ...findings.map(renderFinding),
  ].join('\n\n');
}

function renderTargets(targets: readonly Target[]): string {
  const rows = targets.map((target) => [
    target.what,
    `${number(target.value)}${target.unit}`,
    `${number(target.limit)}${target.unit}`,
    isMet(target) ? 'met' : '**missed**',
  ]);
  return table(['what', 'measured', 'at most', ''], rows);
}

function renderMisses(targets: readonly Target[]): string[] {
  const misses = targets.filter((target) => !isMet(target));
  if (misses.length === 0) return [];
  return [misses.map(({ what, cause }) => `- Missed: ${what}. ${cause}`).join('\n')];
}

function renderFinding({ title, method, series, facts }: Finding): string {
  const parts = [`### ${title}`, method];
  if (series.length > 0) parts.push(renderSeries(series));
  if (facts.length > 0)
    parts.push(
      table(
        ['', ''],
        facts.map(({ label, text }) => [label, text]),
      ),
    );
  if (series.length > 0) parts.push(renderValues(series));
  return parts.join('\n\n');
}

function renderSeries(series: readonly Series[]): string {
  const rows = series.map(({ label, unit, values }) => {
    const { count, least, quarter, median, threeQuarters, p99, most } = summarize(values);
    const figures = [median, quarter, threeQuarters, p99, least, most].map(number);
    return [`${label}, ${unit}`, ...figures, String(count)];
  });
  return table(['', 'median', 'quarter', 'three quarters', 'p99', 'least', 'most', 'runs'], rows);
}

/** More than these are summarized only. */
const MOST_VALUES = 200;

function renderValues(series: readonly Series[]): string {
  const lines = series
    .filter(({ values }) => values.length <= MOST_VALUES)
    .map(({ label, unit, values }) => `${label}, ${unit}: ${values.map(number).join(' ')}`);
  if (lines.length === 0) return `More than ${MOST_VALUES} values each.`;
  return [
    '<details><summary>All values in order</summary>',
    '',
    ...lines.map((line) => `- ${line}`),
    '</details>',
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** Three digits that count. */
export function number(value: number): string {
  const decimals = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toFixed(decimals);
}
