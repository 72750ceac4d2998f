// Everything that a terminal could take as a command: C0 and C1 controls, DEL, and marks that reorder text.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
// An escape sequence goes as a whole, so that no half of it stays as text.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const SEQUENCES = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/g;

// Most text is as plain as this, and lists have thousands of cells.
const PLAIN = /^[ -~]*$/;

/** Text of foreign origin, made safe for a terminal; line ends and tabs stay. */
export function safeText(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replaceAll('\r\n', '\n').replace(SEQUENCES, '').replace(CONTROLS, '');
}

/** As `safeText`, on one line. */
export function safeLine(text: string): string {
  return PLAIN.test(text)
    ? text
    : safeText(text)
        .replaceAll(/[\n\t]+/g, ' ')
        .trim();
}

/** Cuts text that is wider than it may be; the last character shows it. */
export function truncate(text: string, width: number): string {
  const characters = Array.from(text);
  if (characters.length <= width) return text;
  return width < 1 ? '' : `${characters.slice(0, width - 1).join('')}…`;
}

/** Breaks text at spaces into lines of at most this width; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
