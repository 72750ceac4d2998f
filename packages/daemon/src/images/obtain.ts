import type { Result } from '@banger/api-types';
import { BangerError } from '../errors.ts';
import type { Json, StepContext } from '../ops/types.ts';
import type { LocalImages } from './local-images.ts';
import type { ImageRecord } from './types.ts';

type View = Result<'op.status'>;

/** What this room needs of the operations. */
export interface PullOperations {
  begin(kind: string, params: Json, options?: { idempotencyKey?: string | undefined; asked?: Json }): View;
  statusAfter(id: string, afterVersion: number, waitMs: number, signal: AbortSignal): Promise<View>;
  ended(id: string): Promise<View>;
  cancel(id: string): View;
}

const WAIT_MS = 30_000;

/** Pulls that others wait for. A pull that a client asked for itself goes on without them. */
export class Pulls {
  readonly #images: LocalImages;
  readonly #operations: () => PullOperations;
  readonly #waiting = new Map<string, number>();
  readonly #asked = new Set<string>();

  /** The operations are made from this room's types, so they come late. */
  constructor(images: LocalImages, operations: () => PullOperations) {
    this.#images = images;
    this.#operations = operations;
  }

  /** A client's own pull. @throws BangerError image_not_found */
  pull(ref: string, idempotencyKey?: string): View {
    const view = this.#operations().begin('image.pull', { name: this.#images.catalogName(ref) }, { idempotencyKey });
    if (view.state === 'running' && !this.#asked.has(view.id)) {
      this.#asked.add(view.id);
      const forget = (): void => void this.#asked.delete(view.id);
      void this.#operations().ended(view.id).then(forget, forget);
    }
    return view;
  }

  /** The local image of a reference; pulled first where it is not local. */
  async obtain(ref: string, context: StepContext): Promise<ImageRecord> {
    const local = this.#images.find(ref);
    if (local) return local;
    const begun = this.#operations().begin('image.pull', { name: this.#images.catalogName(ref) });
    this.#waiting.set(begun.id, (this.#waiting.get(begun.id) ?? 0) + 1);
    try {
      const ended = await this.#follow(begun, context);
      if (ended.state === 'succeeded') return this.#images.require(ref);
      throw pullFailed(ref, ended);
    } finally {
      this.#leave(begun.id);
    }
  }

  async #follow(begun: View, { signal, progress }: StepContext): Promise<View> {
    let view = begun;
    while (view.state === 'running') {
      const stage = view.stages.find(({ state }) => state === 'running');
      if (stage) progress(stage.message ?? `${stage.name} ${view.subject ?? ''}`.trim(), stage.fraction ?? undefined);
      view = await this.#operations().statusAfter(view.id, view.version, WAIT_MS, signal);
    }
    return view;
  }

  /** The last who waited takes the pull along, unless a client asked for it. */
  #leave(id: string): void {
    const left = (this.#waiting.get(id) ?? 1) - 1;
    if (left > 0) {
      this.#waiting.set(id, left);
      return;
    }
    this.#waiting.delete(id);
    if (!this.#asked.has(id)) this.#operations().cancel(id);
  }
}

function pullFailed(ref: string, { error }: View): BangerError {
  // Somebody else's pull was cancelled, and not what waited for it.
  if (error?.code === 'operation_cancelled') {
    return new BangerError('image_build_failed', `the pull of ${ref} was cancelled`, {
      remediation: 'Run the command again: it begins another pull.',
    });
  }
  const { code, message, remediation, details } = error ?? {
    code: 'internal',
    message: 'the pull ended without a result',
  };
  return new BangerError(code as BangerError['code'], message, {
    ...(remediation && { remediation }),
    ...(details && { details }),
  });
}
