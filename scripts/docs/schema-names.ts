import { type Expression, type Program, parseSync } from 'oxc-parser';
import type { z } from 'zod';

type Schema = z.core.$ZodType;

/** Names and comments that the source gives to schemas, found again by the identity of the schema objects. */
export interface SchemaNames {
  /** The exported constant that holds a schema, and the comment above it. */
  readonly constants: ReadonlyMap<Schema, { name: string; comment: string }>;
  /** The comment above a field: the same field object may be part of several shapes. */
  readonly fields: ReadonlyMap<Schema, ReadonlyMap<string, string>>;
}

interface Comment {
  readonly value: string;
  readonly end: number;
}

/** The comment that ends right above an offset, as one line. */
function commentAbove(source: string, comments: readonly Comment[], start: number): string {
  const above = comments.findLast((comment) => comment.end <= start && source.slice(comment.end, start).trim() === '');
  if (above === undefined) return '';
  return above.value
    .split('\n')
    .map((line) => line.replace(/^\s*\*?\s?/, '').trim())
    .join(' ')
    .trim();
}

/** The properties of the shape that a call such as z.object or extend is given. */
function shapeProperties(expression: Expression | null): readonly { name: string; start: number }[] {
  if (expression?.type !== 'CallExpression') return [];
  const shape = expression.arguments.find((argument) => argument.type === 'ObjectExpression');
  return (shape?.properties ?? []).flatMap((property) =>
    property.type === 'Property' && property.key.type === 'Identifier'
      ? [{ name: property.key.name, start: property.start }]
      : [],
  );
}

/** The constants that a module exports, with where each begins. */
function exportedConstants(program: Program): readonly { name: string; init: Expression | null; start: number }[] {
  return program.body.flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration' || statement.declaration?.type !== 'VariableDeclaration') return [];
    return statement.declaration.declarations.flatMap(({ id, init }) =>
      id.type === 'Identifier' ? [{ name: id.name, init, start: statement.start }] : [],
    );
  });
}

/**
 * Reads the names and comments of schema modules.
 * @param modules the source text and the loaded exports of each
 */
export function readSchemaNames(
  modules: readonly { path: string; source: string; exports: Readonly<Record<string, unknown>> }[],
): SchemaNames {
  const constants = new Map<Schema, { name: string; comment: string }>();
  const fields = new Map<Schema, Map<string, string>>();
  for (const { path, source, exports } of modules) {
    const { program, comments } = parseSync(path, source);
    const docs = comments.filter(({ type, value }) => type === 'Block' && value.startsWith('*'));
    for (const { name, init, start } of exportedConstants(program)) {
      const schema = exports[name] as (Schema & { shape?: Record<string, Schema> }) | undefined;
      if (schema === undefined) continue;
      constants.set(schema, { name, comment: commentAbove(source, docs, start) });
      for (const property of shapeProperties(init)) {
        const field = schema.shape?.[property.name];
        const comment = commentAbove(source, docs, property.start);
        if (field === undefined || comment === '') continue;
        const byName = fields.get(field) ?? new Map<string, string>();
        fields.set(field, byName.set(property.name, comment));
      }
    }
  }
  return { constants, fields };
}
