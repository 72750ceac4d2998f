import type { Output } from '../io.ts';
import { formatDuration } from '../output/units.ts';
import type { Display, Operation } from './display.ts';
import type { Row } from './rows.ts';
import { operationRow, stageRows } from './rows.ts';

/** Where there is no terminal: one line when a stage takes time, and one when it is over. */
export class LineDisplay implements Display {
  readonly #output: Output;
  readonly #shown = new Map<string, string>();

  constructor(output: Output) {
    this.#output = output;
  }

  update(label: string, operation: Operation): void {
    const rows = label === '' ? stageRows(operation) : [operationRow(label, operation)];
    for (const row of rows) this.#show(row);
  }

  note(text: string): void {
    this.#output.write(`${text}\n`);
  }

  end(): void {}

  #show(row: Row): void {
    const text = describe(row);
    if (this.#shown.get(row.label) === text) return;
    this.#shown.set(row.label, text);
    this.#output.write(`${row.label}: ${text}\n`);
  }
}

function describe({ state, message, durationMs }: Row): string {
  const took = durationMs === undefined ? '' : ` (${formatDuration(durationMs)})`;
  switch (state) {
    case 'running':
      return message === '' ? 'running' : message;
    case 'done':
      return `done${took}`;
    case 'failed':
      return `failed${took}`;
    case 'undone':
      return 'undone';
  }
}
