/** Words that every POSIX shell takes literally. No `=` (assignment) and no leading `-` or `~`. */
const PLAIN_WORD = /^[A-Za-z0-9_/.,:@+][A-Za-z0-9_/.,:@+-]*$/;

/**
 * One word for a POSIX shell that stands for exactly this text, whatever it holds.
 * @throws TypeError for a NUL character, which no argument can hold.
 */
export function shellQuote(text: string): string {
  if (text.includes('\0')) throw new TypeError('an argument cannot hold a NUL character');
  if (PLAIN_WORD.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
