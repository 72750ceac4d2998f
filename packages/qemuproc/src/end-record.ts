import { causeOfShutdown, type EndCause } from './end.ts';
import type { QmpObject } from './qmp/messages.ts';

/** Remembers the first cause of an end, wherever it was seen. */
export class EndRecord {
  #cause: EndCause | undefined;

  get cause(): EndCause | undefined {
    return this.#cause;
  }

  note(cause: EndCause): void {
    this.#cause ??= cause;
  }

  /** For every QMP event. */
  see(event: string, data: QmpObject): void {
    if (event === 'SHUTDOWN') this.note(causeOfShutdown(data));
  }
}
