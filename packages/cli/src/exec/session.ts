import type { ClientStream, ExitPayload, Frame, ResizePayload, WireError } from '@banger/api-types/client';
import { decodeJson, encodeJson } from '@banger/api-types/client';
import { CliError, fromWire } from '../cli-error.ts';
import { statusOfSignal } from '../exit-status.ts';
import type { InterruptSignal } from '../interrupts.ts';
import type { Io } from '../io.ts';

/** As docker: who asks so often means it. */
const INTERRUPTS_TO_LEAVE = 3;
const nothing = new Uint8Array();

/** One command's streams, between ours and the daemon's. */
export class ExecSession {
  readonly #io: Io;
  readonly #stream: ClientStream;
  readonly #left = Promise.withResolvers<never>();
  #interrupts = 0;

  constructor(io: Io, stream: ClientStream) {
    this.#io = io;
    this.#stream = stream;
    // Nobody waits for it when the command has ended.
    this.#left.promise.catch(() => {});
  }

  /**
   * Carries bytes both ways until the command has ended.
   * @param interactive whether our standard input is the command's
   * @returns the exit status
   */
  async run(interactive: boolean): Promise<number> {
    if (interactive) this.#copyInput().catch((error: unknown) => this.#left.reject(error));
    else void this.#stream.send('stdin', nothing);
    return await Promise.race([this.#copyOutput(), this.#left.promise]);
  }

  /** Hands a signal to the command. */
  interrupt(signal: InterruptSignal): void {
    this.#sendJson('signal', { signal: signal.slice('SIG'.length) });
    this.#interrupts++;
    // With its terminal gone nobody could ask again; the command is hung up when the stream ends.
    if (signal !== 'SIGHUP' && this.#interrupts < INTERRUPTS_TO_LEAVE) return;
    const message = 'Left the command, which may still run in the VM.';
    this.#left.reject(new CliError('operation_cancelled', message, { status: statusOfSignal(signal) }));
  }

  resize(size: ResizePayload): void {
    this.#sendJson('resize', size);
  }

  async #copyInput(): Promise<void> {
    try {
      for await (const chunk of this.#io.stdin.chunks()) await this.#stream.send('stdin', chunk);
    } catch (cause) {
      throw new CliError('permission_denied', `cannot read the standard input: ${(cause as Error).message}`, { cause });
    }
    await this.#stream.send('stdin', nothing);
  }

  async #copyOutput(): Promise<number> {
    const { stdout, stderr } = this.#io;
    for await (const frame of this.#stream.frames) {
      const status = await this.#receive(frame);
      if (status !== undefined) return status;
      // Nobody reads: the command would learn it from SIGPIPE, here it is hung up when the stream ends.
      if (stdout.failure !== undefined && (frame.type === 'stdout' || stderr.failure !== undefined))
        return statusOfSignal('SIGPIPE');
    }
    throw new CliError('internal', 'the command ended without an exit status');
  }

  async #receive({ type, payload }: Frame): Promise<number | undefined> {
    switch (type) {
      case 'stdout':
        await this.#io.stdout.send(payload);
        return undefined;
      case 'stderr':
        await this.#io.stderr.send(payload);
        return undefined;
      case 'exit':
        return exitStatus(decodeJson(payload) as ExitPayload);
      case 'error':
        throw fromWire(decodeJson(payload) as WireError);
      default:
        return undefined;
    }
  }

  #sendJson(type: 'signal' | 'resize', value: unknown): void {
    void this.#stream.send(type, encodeJson(value));
  }
}

function exitStatus({ status, signal }: ExitPayload): number {
  if (signal !== null) return statusOfSignal(signal);
  return status ?? 255;
}
