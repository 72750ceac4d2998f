import type { Output } from '../io.ts';
import { formatDuration } from '../output/units.ts';
import type { Display, Operation } from './display.ts';
import type { Row } from './rows.ts';
import { operationRow, stageRows } from './rows.ts';

/** A stage that reports every step of its way would fill a log. */
const QUIET_MS = 3000;

/** Where there is no terminal: now and then a line while a stage runs, and one when it is over. */
export class LineDisplay implements Display {
  readonly #output: Output;
  readonly #nowMs: () => number;
  /** By label and place: a stage's name may come twice. */
  readonly #shown = new Map<string, string>();
  #quietUntilMs = 0;

  constructor(output: Output, nowMs: () => number = () => performance.now()) {
    this.#output = output;
    this.#nowMs = nowMs;
  }

  update(label: string, operation: Operation): void {
    const rows = label === '' ? stageRows(operation) : [operationRow(label, operation)];
    for (const [place, row] of rows.entries()) this.#show(`${place} ${row.label}`, row);
  }

  note(text: string): void {
    this.#output.write(`${text}\n`);
  }

  end(): void {}

  #show(key: string, row: Row): void {
    const text = describe(row);
    if (text === '' || this.#shown.get(key) === text) return;
    if (row.state === 'running') {
      if (this.#nowMs() < this.#quietUntilMs) return;
      this.#quietUntilMs = this.#nowMs() + QUIET_MS;
    }
    this.#shown.set(key, text);
    this.#output.write(`${row.label}: ${text}\n`);
  }
}

/** Empty where there is nothing to say yet. */
function describe({ state, message, durationMs }: Row): string {
  const took = durationMs === undefined ? '' : ` (${formatDuration(durationMs)})`;
  switch (state) {
    case 'running':
      return message;
    case 'done':
      return `done${took}`;
    case 'failed':
      return `failed${took}`;
    case 'undone':
      return 'undone';
  }
}
