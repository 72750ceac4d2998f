import { Writable } from 'node:stream';
import type { ClientChannel } from 'ssh2';

/**
 * stdin of a command. ssh2 never calls back for what is written after the command has ended, which would hang a
 * pipeline; here it is dropped, as into a closed pipe but without an error: commands need not read all their input.
 */
export class ChannelStdin extends Writable {
  readonly #channel: ClientChannel;
  #waiting: (() => void) | undefined;
  #isClosed = false;

  constructor(channel: ClientChannel) {
    super({ highWaterMark: 256 * 1024 });
    this.#channel = channel;
    channel.once('close', () => this.abandon());
  }

  /** Nobody reads any more. */
  abandon(): void {
    this.#isClosed = true;
    this.#waiting?.();
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.#wait(callback, (done) => this.#channel.write(chunk, done));
  }

  override _final(callback: () => void): void {
    this.#wait(callback, (done) => {
      this.#channel.end();
      done();
    });
  }

  #wait(callback: () => void, act: (done: () => void) => void): void {
    const done = () => {
      if (this.#waiting !== done) return;
      this.#waiting = undefined;
      callback();
    };
    this.#waiting = done;
    if (this.#isClosed) done();
    else act(done);
  }
}
