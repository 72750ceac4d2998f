/**
 * A frame on a stream connection: 1 byte type, 4 bytes big-endian payload length, payload.
 * The same frames run over a Unix socket, WebSocket or TLS.
 */
export const frameTypes = {
  /** client to daemon: bytes for the command's stdin; empty payload = end of input */
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
} as const;

export type FrameType = keyof typeof frameTypes;

export interface Frame {
  readonly type: FrameType;
  readonly payload: Uint8Array;
}

export const FRAME_HEADER_BYTES = 5;
/** A longer payload ends the stream with an error; senders split. */
export const MAX_FRAME_PAYLOAD_BYTES = 1024 * 1024;
export const MAX_LINE_BYTES = 4 * 1024 * 1024;
