import type { Result, WireError } from '@banger/api-types';
import type { Handlers } from './fake-daemon.ts';

type Operation = Result<'op.status'>;
type Stage = Operation['stages'][number];

/** Operations that a test moves on. */
export class FakeOperations {
  readonly all: FakeOperation[] = [];
  /** What happens on `op.cancel`; at once undone unless told. */
  onCancel: (operation: FakeOperation) => void = (operation) => operation.end('cancelled');

  /** Called when a client begins to wait for a change. */
  onWait: (operation: FakeOperation) => void = () => {};

  begin(kind: string, stages: readonly string[] = ['disk', 'boot']): FakeOperation {
    const id = (this.all.length + 1).toString(16).padStart(16, '0');
    const operation = new FakeOperation(id, kind, stages);
    this.all.push(operation);
    return operation;
  }

  readonly handlers: Pick<Handlers, 'op.status' | 'op.cancel'> = {
    'op.status': async ({ operation: id, afterVersion, waitMs }) => {
      const operation = this.#find(id);
      if (afterVersion !== undefined && waitMs !== undefined) {
        this.onWait(operation);
        await operation.changed(afterVersion);
      }
      return operation.snapshot();
    },
    'op.cancel': ({ operation: id }) => {
      const operation = this.#find(id);
      this.onCancel(operation);
      return operation.snapshot();
    },
  };

  #find(id: string): FakeOperation {
    const operation = this.all.find((each) => each.id === id);
    if (operation === undefined) throw new Error(`no operation ${id}`);
    return operation;
  }
}

export class FakeOperation {
  readonly id: string;
  readonly kind: string;
  readonly #stages: Stage[];
  #state: Operation['state'] = 'running';
  #error: Operation['error'] = null;
  #subject: string | null = null;
  #version = 0;
  #change = Promise.withResolvers<void>();

  constructor(id: string, kind: string, stages: readonly string[]) {
    this.id = id;
    this.kind = kind;
    this.#stages = stages.map((name) => ({ name, state: 'pending', message: null, fraction: null, durationMs: null }));
  }

  stage(name: string, change: Partial<Stage>): this {
    Object.assign(this.#stages.find((stage) => stage.name === name) ?? {}, change);
    return this.#touch();
  }

  end(
    state: 'succeeded' | 'failed' | 'cancelled',
    subject: string | null = null,
    error: WireError | null = null,
  ): this {
    this.#state = state;
    this.#subject = subject;
    this.#error = error === null ? null : { ...error, details: { ...error.details } };
    return this.#touch();
  }

  snapshot(): Operation {
    return {
      id: this.id,
      kind: this.kind,
      subject: this.#subject,
      state: this.#state,
      version: this.#version,
      stages: structuredClone(this.#stages),
      error: this.#error,
      startedAt: '2026-01-01T00:00:00.000Z',
      endedAt: this.#state === 'running' ? null : '2026-01-01T00:00:02.500Z',
    };
  }

  async changed(afterVersion: number): Promise<void> {
    while (this.#version <= afterVersion) await this.#change.promise;
  }

  #touch(): this {
    this.#version++;
    this.#change.resolve();
    this.#change = Promise.withResolvers();
    return this;
  }
}
