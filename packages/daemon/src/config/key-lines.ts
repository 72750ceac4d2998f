import { parse } from 'smol-toml';

/**
 * In which line of a valid TOML document each key is written (from 1), by its path as JSON. The document is parsed
 * again up to each line: keys that are new in the shortest prefix that can be parsed belong to the statement at its end.
 */
export function keyLines(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n');
  const found = new Map<string, number>();
  let statement: number | undefined;
  for (const [index, line] of lines.entries()) {
    if (statement === undefined && /^\s*(#|$)/.test(line)) continue;
    statement ??= index + 1;
    const document = tryParse(lines.slice(0, index + 1).join('\n'));
    if (document === undefined) continue; // in the middle of a list or a long string
    for (const path of pathsOf(document, [])) {
      const key = JSON.stringify(path);
      if (!found.has(key)) found.set(key, statement);
    }
    statement = undefined;
  }
  return found;
}

function tryParse(text: string): object | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function* pathsOf(value: unknown, path: readonly string[]): Iterable<readonly string[]> {
  if (path.length > 0) yield path;
  if (typeof value !== 'object' || value === null || value instanceof Date || Array.isArray(value)) return;
  for (const [key, inner] of Object.entries(value)) yield* pathsOf(inner, [...path, key]);
}
