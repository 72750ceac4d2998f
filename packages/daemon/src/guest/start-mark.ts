import { randomBytes } from 'node:crypto';
import type { ClientChannel } from 'ssh2';
import { hasAllOutput } from './channel-internals.ts';

/** What a start-up file of the guest's shell may print before the command line is reached, at most. */
const MAX_BYTES_BEFORE = 256 * 1024;

/**
 * sshd delivers no signals to commands of root (it says that this requires privilege separation), so we must know the
 * command's process group. Its shell tells us before it becomes the command: `mark` is one line of stdout that is taken
 * out again.
 */
export interface StartMark {
  /** To be put in front of the command line. Builtins only: a process costs much where the CPU is emulated. */
  readonly prefix: string;
  /**
   * Resolves with the id of the command's process group once the mark has come, with undefined when the output ended
   * without it. Nothing else may read the channel meanwhile; afterwards it gives all of the output but the mark.
   */
  take(channel: ClientChannel): Promise<number | undefined>;
}

export function startMark(): StartMark {
  const word = `banger-${randomBytes(8).toString('hex')}`;
  return { prefix: `echo ${word} $$; `, take: (channel) => takeMark(channel, word) };
}

function takeMark(channel: ClientChannel, word: string): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  let seen: Buffer = Buffer.alloc(0);
  const finish = (rest: Buffer, group?: number) => {
    channel.off('readable', onReadable).off('close', onClose);
    // In the turn of the last read: only then is a stream that has ended still willing to take it back.
    if (rest.length > 0) channel.unshift(rest);
    resolve(group);
  };
  const onReadable = () => {
    for (let chunk = channel.read() as Buffer | null; chunk !== null; chunk = channel.read() as Buffer | null) {
      seen = Buffer.concat([seen, chunk]);
      const found = findMark(seen, word);
      if (found !== undefined) {
        finish(found.rest, found.group);
        return;
      }
      if (seen.length > MAX_BYTES_BEFORE) {
        finish(seen);
        return;
      }
    }
    if (hasAllOutput(channel)) finish(seen);
  };
  const onClose = () => finish(Buffer.alloc(0));
  channel.on('readable', onReadable).on('close', onClose);
  return promise;
}

/** A terminal ends lines with `\r\n`. */
function findMark(seen: Buffer, word: string): { readonly group: number; readonly rest: Buffer } | undefined {
  const start = seen.indexOf(`${word} `);
  const end = start === -1 ? -1 : seen.indexOf('\n', start);
  if (end === -1) return undefined;
  const group = Number(seen.toString('latin1', start + word.length + 1, end).trim());
  return { group, rest: Buffer.concat([seen.subarray(0, start), seen.subarray(end + 1)]) };
}
