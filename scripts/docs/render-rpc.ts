import { type MethodName, type MethodSpec, methods } from '@banger/api-types';
import type { z } from 'zod';
import { type FieldRow, SchemaRenderer } from './render-schema.ts';
import type { SchemaNames } from './schema-names.ts';

type Schema = z.core.$ZodTypes;

function table(rows: readonly FieldRow[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const lines = rows.map(
    ({ name, type, optional, meaning }) =>
      `| \`${name}\`${optional ? ' (optional)' : ''} | ${cell(type)} | ${cell(meaning)} |`,
  );
  return ['| field | type | meaning |', '|---|---|---|', ...lines].join('\n');
}

function section(renderer: SchemaRenderer, title: string, schema: Schema): string {
  const link = renderer.type(schema);
  if (link.startsWith('[')) return `${title}: ${link}`;
  const rows = renderer.fields(schema);
  return rows.length === 0 ? `${title}: none` : `${title}:\n\n${table(rows)}`;
}

function renderMethod(renderer: SchemaRenderer, name: MethodName): string {
  const spec: MethodSpec = methods[name];
  const params = spec.params as unknown as Schema;
  const rows = renderer.fields(params);
  const errors = spec.errors.map((code) => `[\`${code}\`](errors.md#${code})`).join(', ');
  return [
    `### ${name}`,
    spec.summary,
    rows.length === 0 ? 'Parameters: none' : `Parameters:\n\n${table(rows)}`,
    section(renderer, 'Result', spec.result as unknown as Schema),
    ...(errors === '' ? [] : [`Errors of its own: ${errors}`]),
  ].join('\n\n');
}

/** docs/rpc.md: every method and every type that it links to. */
export function renderRpc(names: SchemaNames, introduction: string): string {
  const renderer = new SchemaRenderer(names);
  const list = (Object.keys(methods) as MethodName[]).map((name) => renderMethod(renderer, name));
  const types: string[] = [];
  // Rendering a type may meet further ones: a Map hands those out too, as they come after it.
  for (const [name, schema] of renderer.met) {
    const comment = renderer.commentOf(schema);
    types.push([`### ${name}`, ...(comment === '' ? [] : [comment]), table(renderer.fields(schema))].join('\n\n'));
  }
  return [introduction, '## Methods', ...list, '## Types', ...types].join('\n\n');
}
