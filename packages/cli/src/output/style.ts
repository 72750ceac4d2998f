/** Puts emphasis on text, or leaves it as it is where colours are not wanted. */
export type Style = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', (text: string) => string>>;

const plain = (text: string): string => text;
const sgr =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001B[${on}m${text}\u001B[${off}m`;

const colored: Style = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
  cyan: sgr(36, 39),
};
const uncolored: Style = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };

export function styleFor(color: boolean): Style {
  return color ? colored : uncolored;
}
