import { z } from 'zod';
import { BangerError } from '../errors.ts';
import { nearest } from '../nearest.ts';

interface FieldProblem {
  /** For example `tty.columns`; empty for the parameters as a whole. */
  readonly field: string;
  readonly problem: string;
}

type Issue = z.core.$ZodIssue;

const MAX_PROBLEMS = 10;

/** Says for people and programs which field is wrong and what is expected. Needs issues that were made with their input. */
export function paramsError(method: string, schema: z.ZodType, error: z.ZodError): BangerError {
  const problems = error.issues.flatMap((issue) => describe(issue, schema)).slice(0, MAX_PROBLEMS);
  const text = problems.map(({ field, problem }) => (field === '' ? problem : `${field}: ${problem}`)).join('; ');
  return new BangerError('invalid_params', `${method}: ${text}`, { details: { method, fields: problems } });
}

function describe(issue: Issue, schema: z.ZodType): FieldProblem[] {
  const field = issue.path.join('.');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        field: [...issue.path, key].join('.'),
        problem: unknownField(key, issue, schema),
      }));
    case 'invalid_type':
      return [{ field, problem: wrongType(issue) }];
    case 'invalid_key':
      return [{ field, problem: `not a possible name here: ${issue.issues[0]?.message ?? issue.message}` }];
    default:
      return [{ field, problem: withoutPrefix(issue.message) }];
  }
}

function wrongType(issue: Issue & { code: 'invalid_type' }): string {
  if (issue.path.length === 0) return 'the parameters are passed by name, as a JSON object';
  return issue.input === undefined ? `is missing, expected ${issue.expected}` : withoutPrefix(issue.message);
}

function unknownField(key: string, issue: Issue, schema: z.ZodType): string {
  const known = fieldsAt(schema, issue.path);
  const meant = nearest(key, known);
  if (meant !== undefined) return `no such field, did you mean ${meant}?`;
  return known.length === 0 ? 'no such field, there are none here' : `no such field, there are ${known.join(', ')}`;
}

/** Names of the fields of the object at a path of the schema. */
function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const inner = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
  const [first, ...rest] = path;
  if (first === undefined) return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  if (inner instanceof z.ZodArray) return fieldsAt(inner.element as z.ZodType, rest);
  if (!(inner instanceof z.ZodObject)) return [];
  const field = inner.shape[first as string] as z.ZodType | undefined;
  return field === undefined ? [] : fieldsAt(field, rest);
}

/** zod says "Invalid input: expected ...": the part before the colon says nothing. */
function withoutPrefix(message: string): string {
  return message.replace(/^(Invalid input|Too big|Too small): /, '');
}
