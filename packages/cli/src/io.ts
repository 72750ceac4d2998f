/** Everything of the process that commands touch, so that tests can hand in their own. */
export interface Io {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether this process has all rights, which decides what a hint says. */
  readonly isRoot: boolean;
  /** Where the program lies: the script that was started. */
  readonly programPath: string;
  /** While there is a listener the signal does not end the process. Returns what removes it. */
  onSignal(signal: NodeJS.Signals, listener: () => void): () => void;
  /** Puts another program in the place of this process. */
  replaceProcess(file: string, argv: readonly string[]): void;
  /** Runs even when the process ends by an uncaught error. Returns what removes it. */
  onExit(listener: () => void): () => void;
}

export interface Input {
  readonly isTTY: boolean;
  /** The bytes as they come; ends at end of input or after `close`. Read it once. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Raw: every key is a byte, also Ctrl-C. Only for a terminal. */
  setRawMode(raw: boolean): void;
  /** Stops reading, so that the process can end. */
  close(): void;
}

export interface Output {
  readonly isTTY: boolean;
  /** Of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /** Set when writing failed, mostly because nobody reads any more; what is written after that is dropped. */
  readonly failure: Error | undefined;
  /** Whether bytes that were sent are not taken yet. */
  readonly busy: boolean;
  write(text: string): void;
  /** Does now what the first write would have to do. */
  open(): void;
  /** Resolves when everything is written or failed. */
  flush(): Promise<void>;
  /** Resolves when it can take more, at once when nobody reads any more. */
  send(bytes: Uint8Array): Promise<void>;
  /** Calls when the terminal's size changed. Returns what removes it. */
  onResize(listener: () => void): () => void;
}
