import { StringDecoder } from 'node:string_decoder';

/** A longer line is delivered in pieces, so that a tool that never ends its line cannot bloat us. */
const MAX_LINE_CHARACTERS = 64 * 1024;

/** Cuts a byte stream into lines; `\r` counts as an end too, since progress meters use it. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const pieces = (this.#rest + this.#decoder.write(chunk)).split(/\r\n|[\r\n]/);
    this.#rest = pieces.pop() ?? '';
    for (const piece of pieces) this.#onLine(piece);
    if (this.#rest.length > MAX_LINE_CHARACTERS) this.#flush();
  }

  end(): void {
    this.#rest += this.#decoder.end();
    if (this.#rest !== '') this.#flush();
  }

  #flush(): void {
    this.#onLine(this.#rest);
    this.#rest = '';
  }
}
