import type { Output } from '../io.ts';
import type { Style } from '../output/style.ts';
import { truncate } from '../output/text.ts';
import { formatDuration } from '../output/units.ts';
import type { Display, Operation } from './display.ts';
import type { Row } from './rows.ts';
import { operationRow, stageRows } from './rows.ts';

const FRAME_MS = 100;
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
const BAR_WIDTH = 20;

/** On a terminal: a line per stage that moves while it runs. */
export class LiveDisplay implements Display {
  readonly #output: Output;
  readonly #style: Style;
  readonly #operations = new Map<string, Operation>();
  /** When we first saw a row run, by place and label, as a stage's name may come twice: the daemon only times what ended. */
  readonly #began = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #drawn = 0;
  #frame = 0;

  constructor(output: Output, style: Style) {
    this.#output = output;
    this.#style = style;
  }

  update(label: string, operation: Operation): void {
    this.#operations.set(label, operation);
    this.#timer ??= setInterval(() => {
      this.#frame++;
      this.#draw();
    }, FRAME_MS);
    this.#draw();
  }

  note(text: string): void {
    this.#output.write(`${this.#erase()}${text}\n`);
    this.#draw();
  }

  end(keep: boolean): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (keep) this.#draw();
    else this.#output.write(this.#erase());
    this.#operations.clear();
    this.#drawn = 0;
  }

  #draw(): void {
    const { columns = DEFAULT_COLUMNS, rows: height = DEFAULT_ROWS } = this.#output;
    const rows = [...this.#operations].flatMap(([label, operation]) =>
      label === '' ? stageRows(operation) : [operationRow(label, operation)],
    );
    // What has scrolled out of the screen cannot be drawn again.
    const lines = rows.map((row, place) => this.#line(row, `${place} ${row.label}`, columns - 1)).slice(-(height - 1));
    this.#output.write(`${this.#erase()}${lines.map((line) => `${line}\n`).join('')}`);
    this.#drawn = lines.length;
  }

  #erase(): string {
    const up = this.#drawn === 0 ? '' : `\u001B[${this.#drawn}A\r\u001B[J`;
    this.#drawn = 0;
    return up;
  }

  #line(row: Row, key: string, width: number): string {
    const mark = this.#mark(row);
    const time = formatDuration(row.durationMs ?? this.#elapsed(key));
    const bar = row.state === 'running' && row.fraction !== undefined ? ` ${progressBar(row.fraction)}` : '';
    const message = row.state === 'running' && row.message !== '' ? `  ${row.message}` : '';
    const head = `${row.label}${bar}`;
    const body = truncate(`${head}${message}`, Math.max(0, width - time.length - 4));
    const plainHead = body.slice(0, head.length);
    return `${mark} ${plainHead}${this.#style.dim(body.slice(head.length))}  ${this.#style.dim(time)}`;
  }

  #mark({ state }: Row): string {
    switch (state) {
      case 'running':
        return this.#style.cyan(spinner[this.#frame % spinner.length] ?? '');
      case 'done':
        return this.#style.green('✓');
      case 'failed':
        return this.#style.red('✗');
      case 'undone':
        return this.#style.yellow('↶');
    }
  }

  #elapsed(key: string): number {
    const now = performance.now();
    const began = this.#began.get(key) ?? now;
    this.#began.set(key, began);
    return now - began;
  }
}

function progressBar(fraction: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * BAR_WIDTH);
  return `[${'='.repeat(filled).padEnd(BAR_WIDTH)}] ${String(Math.floor(fraction * 100)).padStart(3)}%`;
}
