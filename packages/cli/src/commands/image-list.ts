import type { Result } from '@banger/api-types/client';
import type { Handler } from '../arguments/spec.ts';
import type { Context } from '../context.ts';
import { note, print, printJson } from '../context.ts';
import { withClient } from '../daemon/connect.ts';
import type { Column } from '../output/table.ts';
import { renderTable } from '../output/table.ts';
import { safeLine } from '../output/text.ts';
import { formatAge, formatBytes } from '../output/units.ts';

const columns: readonly Column[] = [
  { title: 'NAME', shrinks: true },
  { title: 'LOCAL' },
  { title: 'SIZE', align: 'right' },
  { title: 'STORED', align: 'right' },
  { title: 'KERNEL', shrinks: true },
  { title: 'AGE', align: 'right' },
  { title: 'USED BY', shrinks: true },
];

/** `banger image list`: what is here, then what could be pulled. */
export const imageList: Handler = async (context) => {
  const result = await withClient(context, (client) => client.call('image.list', {}));
  if (context.settings.json) printJson(context, result);
  else if (context.settings.quiet) for (const { name } of result.images) print(context, safeLine(name));
  else printTable(context, result);
  return 0;
};

function printTable(context: Context, { images, catalog }: Result<'image.list'>): void {
  const { stdout } = context.io;
  const now = Date.now();
  const local = images.map((image) => [
    safeLine(image.name),
    image.id,
    formatBytes(image.sizeBytes),
    formatBytes(image.storedBytes),
    safeLine(image.kernelVersion),
    formatAge(now - Date.parse(image.createdAt)),
    usedBy(image.usedBy),
  ]);
  const remote = catalog
    .filter(({ imageId }) => imageId === null)
    .map(({ name }) => [safeLine(name), 'not pulled', '-', '-', '-', '-', '-']);
  const [titles = '', ...lines] = renderTable(
    columns,
    [...local, ...remote],
    stdout.isTTY ? stdout.columns : undefined,
  );
  print(context, [context.style.bold(titles), ...lines].join('\n'));
  for (const { name, aliases } of catalog) {
    if (aliases.length === 0) continue;
    note(context, context.errorStyle.dim(`${safeLine(name)} is also called ${safeLine(aliases.join(', '))}`));
  }
}

function usedBy(names: readonly string[]): string {
  return names.length === 0 ? '-' : safeLine(names.join(', '));
}
