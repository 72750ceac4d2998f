import { decodeJson, encodeCredit, encodeJson, type Frame, resizePayload, signalPayload } from '@banger/api-types';
import type { z } from 'zod';
import { BangerError } from '../errors.ts';
import type { GuestExit, GuestProcess } from '../guest/port.ts';
import { paramsError } from './params-error.ts';
import { StdinWindow } from './stdin-window.ts';
import type { FrameStream } from './types.ts';

/**
 * Joins a client's stream and a command in a guest until either is over. Output is paused while the client does not
 * read, input while the command does not; a signal or a disconnect waits for neither. Does not leave the command's
 * channel open, whatever happens.
 * @throws what the guest connection failed with; BangerError when the client sends what does not fit
 */
export async function bridgeExec(stream: FrameStream, guest: GuestProcess): Promise<void> {
  try {
    const ended = deliverOutput(stream, guest);
    const exit = await Promise.race([ended, untilGone(stream), failureOf(forwardInput(stream, guest))]);
    if (exit !== undefined) await stream.send('exit', encodeJson({ status: exit.status, signal: exit.signal }));
  } finally {
    guest.close();
  }
}

/** The exit comes last: after all output has been sent. */
async function deliverOutput(stream: FrameStream, guest: GuestProcess): Promise<GuestExit> {
  const outputs = [stream.pump('stdout', guest.stdout), stream.pump('stderr', guest.stderr)];
  const [exit] = await Promise.all([guest.exit, ...outputs]);
  return exit;
}

function untilGone(stream: FrameStream): Promise<undefined> {
  return new Promise((resolve) => {
    if (stream.closed.aborted) resolve(undefined);
    else stream.closed.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Rejects when the promise does; its success says nothing about the command, which may go on without input. */
function failureOf(promise: Promise<void>): Promise<never> {
  return new Promise((_resolve, reject) => {
    promise.catch(reject);
  });
}

/** Reads for as long as the client is there, also after the command has ended: what it sent until then is discarded. */
async function forwardInput(stream: FrameStream, guest: GuestProcess): Promise<void> {
  const stdin = new StdinWindow(guest.stdin, (bytes) => void stream.send('credit', encodeCredit(bytes)));
  for await (const frame of stream.frames) {
    switch (frame.type) {
      case 'stdin':
        stdin.write(frame.payload);
        break;
      case 'resize': {
        const { columns, rows } = parse(resizePayload, frame);
        guest.resize(columns, rows);
        break;
      }
      case 'signal':
        guest.signal(parse(signalPayload, frame).signal);
        break;
      default:
        throw new BangerError('invalid_request', `a client does not send ${frame.type} frames here`);
    }
  }
}

function parse<S extends z.ZodType>(schema: S, frame: Frame): z.output<S> {
  const parsed = schema.safeParse(jsonOf(frame), { reportInput: true });
  if (parsed.success) return parsed.data;
  throw paramsError(`${frame.type} frame`, schema, parsed.error);
}

function jsonOf(frame: Frame): unknown {
  try {
    return decodeJson(frame.payload);
  } catch (cause) {
    throw new BangerError('invalid_request', `the payload of a ${frame.type} frame is not JSON`, { cause });
  }
}
