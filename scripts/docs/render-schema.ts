import { z } from 'zod';
import type { SchemaNames } from './schema-names.ts';

type Schema = z.core.$ZodTypes;

/** One field of an object, ready for a table. */
export interface FieldRow {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  readonly meaning: string;
}

/** Renders schemas as short type expressions; named objects become links to their own section. */
export class SchemaRenderer {
  readonly #names: SchemaNames;
  /** Named objects met so far, in the order in which they were met. */
  readonly #met = new Map<string, Schema>();

  constructor(names: SchemaNames) {
    this.#names = names;
  }

  /** The named objects that the rendered types link to; grows while they are rendered. */
  get met(): ReadonlyMap<string, Schema> {
    return this.#met;
  }

  /** What the source says about a schema. */
  commentOf(schema: Schema): string {
    return this.#names.constants.get(schema)?.comment ?? '';
  }

  /** A type expression in Markdown. */
  type(schema: Schema): string {
    const { def } = schema._zod;
    const name = this.#names.constants.get(schema)?.name;
    if (def.type === 'object' && name !== undefined) {
      this.#met.set(name, schema);
      return `[${name}](#${name.toLowerCase()})`;
    }
    switch (def.type) {
      case 'optional':
      case 'default':
      case 'readonly':
        return this.type(def.innerType as Schema);
      case 'nullable':
        return `${this.type(def.innerType as Schema)} or null`;
      case 'array':
        return `list of ${this.type(def.element as Schema)}`;
      case 'record':
        return `map of ${this.type(def.valueType as Schema)}`;
      case 'enum':
        return Object.values(def.entries)
          .map((value) => `\`${value}\``)
          .join(', ');
      case 'literal':
        return def.values.map((value) => `\`${String(value)}\``).join(', ');
      case 'union':
        return def.options.map((option) => this.type(option as Schema)).join(' or ');
      case 'object': {
        const inner = this.fields(schema).map((field) => `${field.name}${field.optional ? '?' : ''}: ${field.type}`);
        return `{ ${inner.join(', ')} }`;
      }
      case 'string':
        return withLimits('string', schema);
      case 'number':
        return withLimits(z.toJSONSchema(schema).type === 'integer' ? 'integer' : 'number', schema);
      case 'unknown':
      case 'any':
        return 'any JSON';
      default:
        return def.type;
    }
  }

  /** The fields of an object schema; none for another schema. */
  fields(schema: Schema): readonly FieldRow[] {
    const { def } = schema._zod;
    if (def.type !== 'object') return [];
    return Object.entries(def.shape).map(([name, field]) => ({
      name,
      type: this.type(field as Schema),
      optional: field._zod.optin === 'optional',
      meaning: this.#fieldComment(name, field as Schema),
    }));
  }

  #fieldComment(name: string, field: Schema): string {
    const own = this.#names.fields.get(field)?.get(name);
    if (own !== undefined) return own;
    const comment = this.commentOf(field);
    const { def } = field._zod;
    if (comment === '' && 'innerType' in def) return this.#fieldComment(name, def.innerType as Schema);
    return comment;
  }
}

/** The name of a leaf type with its limits, as JSON Schema has them. */
function withLimits(name: string, schema: Schema): string {
  const json = z.toJSONSchema(schema);
  const [low, high] = [json.minimum ?? json.minLength, json.maximum ?? json.maxLength].map((limit) =>
    limit === undefined || Math.abs(limit) === Number.MAX_SAFE_INTEGER ? undefined : limit,
  );
  const unit = name === 'string' ? ' characters' : '';
  if (json.format !== undefined) return `${name} (${json.format})`;
  if (low !== undefined && high !== undefined) return `${name} (${low} to ${high}${unit})`;
  if (low !== undefined) return low === 0 ? `${name} (not negative)` : `${name} (at least ${low}${unit})`;
  if (high !== undefined) return `${name} (at most ${high}${unit})`;
  return name;
}
