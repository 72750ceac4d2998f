/**
 * A frame on a stream connection: 1 byte type, 4 bytes big-endian payload length, payload.
 * The same frames run over a Unix socket, WebSocket or TLS.
 */
export const frameTypes = {
  /** client to daemon: bytes for the command's stdin; empty payload = end of input. Limited by credit, see `credit`. */
  stdin: 0,
  /** daemon to client; empty payload = end of that output */
  stdout: 1,
  stderr: 2,
  /** client to daemon, JSON {columns, rows} */
  resize: 3,
  /** client to daemon, JSON {signal: 'INT'}, names without SIG */
  signal: 4,
  /** daemon to client, JSON {status: number | null, signal: string | null}: last frame of a good stream */
  exit: 5,
  /** daemon to client, JSON WireError: last frame of a failed stream */
  error: 6,
  /**
   * daemon to client, 4 bytes big-endian: that many more bytes of stdin may be sent, beyond the first STDIN_WINDOW_BYTES.
   * So the daemon never has to stop reading, and a signal is not stuck behind input that the command does not read.
   */
  credit: 7,
} as const;

export type FrameType = keyof typeof frameTypes;

/**
 * One frame as it is delivered. Frames of `stdin`, `stdout` and `stderr` are a byte stream and may arrive in smaller
 * pieces than they were sent (an empty one stays the end); all others arrive whole.
 */
export interface Frame {
  readonly type: FrameType;
  readonly payload: Uint8Array;
}

/** Payload of `resize`. */
export interface ResizePayload {
  readonly columns: number;
  readonly rows: number;
}

/** Payload of `signal`: a name without SIG. */
export interface SignalPayload {
  readonly signal: string;
}

/** Payload of `exit`. */
export interface ExitPayload {
  readonly status: number | null;
  /** Name without SIG when a signal ended the command. */
  readonly signal: string | null;
}

export const FRAME_HEADER_BYTES = 5;
/** A longer payload ends the stream with an error; senders split. */
export const MAX_FRAME_PAYLOAD_BYTES = 1024 * 1024;
/** How much stdin a client may send before the first `credit` frame. */
export const STDIN_WINDOW_BYTES = 512 * 1024;
