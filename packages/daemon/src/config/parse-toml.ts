import { parse, TomlError } from 'smol-toml';
import { BangerError } from '../errors.ts';
import { keyLines } from './key-lines.ts';
import { toSnakeCase } from './names.ts';
import type { Problem } from './problem.ts';
import { describeIssue, keysAt, unknownKey } from './problem.ts';
import type { Config } from './schema.ts';
import { configSchema } from './schema.ts';

/**
 * The configuration of a TOML file's text.
 * @param path Of the file, for messages.
 * @throws BangerError config_invalid that names line and key of everything that is wrong
 */
export function parseToml(text: string, path: string): Config {
  const document = parseDocument(text, path);
  const problems: Problem[] = [];
  const result = configSchema.safeParse(toOptions(document, problems), { reportInput: true });
  if (!result.success) problems.push(...result.error.issues.flatMap((issue) => describeIssue(issue, toSnakeCase)));
  if (result.success && problems.length === 0) return result.data;
  throw invalid(problems, text, path);
}

function parseDocument(text: string, path: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = ''] = error.message.split('\n');
    const message = `${path}:${error.line}:${error.column}: ${reason}`;
    throw new BangerError('config_invalid', message, {
      remediation: 'Mend the line; the file is TOML, see https://toml.io.',
      details: { problems: [message] },
      cause: error,
    });
  }
}

/** Keys in the spelling of the schema; those that do not exist become problems. */
function toOptions(table: object, problems: Problem[], section: readonly string[] = []): Record<string, unknown> {
  const known = keysAt(section[0]);
  const options: [string, unknown][] = [];
  for (const [key, value] of Object.entries(table)) {
    const name = known.find((candidate) => toSnakeCase(candidate) === key);
    if (name === undefined) {
      const meant = known.includes(key) ? toSnakeCase(key) : key;
      problems.push({ path: [...section, key], message: unknownKey(section, meant, toSnakeCase) });
    } else {
      const inner = section.length === 0 && keysAt(name).length > 0 && isTable(value);
      options.push([name, inner ? toOptions(value, problems, [name]) : value]);
    }
  }
  return Object.fromEntries(options);
}

function isTable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function invalid(problems: readonly Problem[], text: string, path: string): BangerError {
  const lines = keyLines(text);
  const located = problems.map((problem) => {
    // Problems from the schema have its spelling, those of unknown keys the file's: at most one of them is in the file.
    const spellings = [problem.path, problem.path.map(toSnakeCase)];
    const written = spellings.find((spelling) => lines.has(JSON.stringify(spelling))) ?? problem.path.map(toSnakeCase);
    const line = lines.get(JSON.stringify(written)) ?? 1;
    return { line, text: `${path}:${line}: ${written.join('.')}: ${problem.message}` };
  });
  const messages = located.sort((a, b) => a.line - b.line).map((each) => each.text);
  return new BangerError('config_invalid', messages.join('\n'), { details: { problems: messages } });
}
