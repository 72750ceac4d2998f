import { StringDecoder } from 'node:string_decoder';
import { QemuError } from '../errors.ts';
import { parseQmpMessage, type QmpMessage } from './messages.ts';

/** Characters in one line; the largest answer that we ask for has a few hundred. */
const MAX_LINE = 1024 * 1024;

/** Turns the bytes of a QMP connection into messages. */
export class QmpDecoder {
  readonly #utf8 = new StringDecoder('utf8');
  readonly #maxLine: number;
  #rest = '';

  constructor(maxLine = MAX_LINE) {
    this.#maxLine = maxLine;
  }

  /** @throws QemuError `qmp_protocol`; the decoder is of no use afterwards. */
  push(chunk: Uint8Array): readonly QmpMessage[] {
    const lines = (this.#rest + this.#utf8.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    const longest = Math.max(this.#rest.length, ...lines.map((line) => line.length));
    if (longest > this.#maxLine) {
      throw new QemuError('qmp_protocol', `a line of more than ${this.#maxLine} characters from the QMP server`);
    }
    return lines.filter((line) => line.trim() !== '').map(parseQmpMessage);
  }
}
