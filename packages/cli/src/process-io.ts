import type { ReadStream } from 'node:tty';
import type { Input, Io } from './io.ts';
import { ProcessOutput } from './process-output.ts';

class ProcessInput implements Input {
  readonly #stream: () => ReadStream;
  #opened: ReadStream | undefined;

  constructor(stream: () => ReadStream) {
    this.#stream = stream;
  }

  get isTTY(): boolean {
    return this.#open().isTTY === true;
  }

  async *chunks(): AsyncIterable<Uint8Array> {
    try {
      for await (const chunk of this.#open()) yield chunk as Uint8Array;
    } catch (error) {
      // Closed by us, or the terminal went away: both are the end of the input.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ERR_STREAM_PREMATURE_CLOSE' && code !== 'EIO' && code !== 'ABORT_ERR') throw error;
    }
  }

  setRawMode(raw: boolean): void {
    this.#open().setRawMode(raw);
  }

  close(): void {
    this.#opened?.destroy();
  }

  /** Opening standard input takes a millisecond, so a command that does not read it does without. */
  #open(): ReadStream {
    return (this.#opened ??= this.#stream());
  }
}

/** This process as commands see it. */
export function processIo(host: NodeJS.Process, environment: Io['environment']): Io {
  return {
    stdin: new ProcessInput(() => host.stdin),
    stdout: new ProcessOutput(() => host.stdout),
    stderr: new ProcessOutput(() => host.stderr),
    environment,
    isRoot: host.geteuid?.() === 0,
    programPath: host.argv[1] ?? '',
    replaceProcess(file, argv) {
      host.execve?.(file, [file, ...argv], definedOnly(environment));
    },
    onSignal(signal, listener) {
      host.on(signal, listener);
      return () => void host.off(signal, listener);
    },
    onExit(listener) {
      host.on('exit', listener);
      return () => void host.off('exit', listener);
    },
  };
}

function definedOnly(environment: Io['environment']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
