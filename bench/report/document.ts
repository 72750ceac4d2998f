import { readFile, writeFile } from 'node:fs/promises';

const BEGIN = '<!-- results: written by `npm run bench -- --write` -->';
const END = '<!-- end of results -->';

/**
 * The document with what is between its markers replaced.
 * @throws Error when the markers are not there, once each and in order
 */
export function withResults(document: string, results: string): string {
  const parts = document.split(BEGIN);
  const rest = parts[1]?.split(END) ?? [];
  const [before = ''] = parts;
  const [, after = ''] = rest;
  if (parts.length !== 2 || rest.length !== 2)
    throw new Error(`the document has no place for results: ${BEGIN} ${END}`);
  return `${before}${BEGIN}\n\n${results}\n\n${END}${after}`;
}

/** Puts results between the markers of a file. */
export async function writeResults(path: string, results: string): Promise<void> {
  await writeFile(path, withResults(await readFile(path, 'utf8'), results));
}
