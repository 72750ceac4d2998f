import type { Result } from '@banger/api-types/client';
import type { Context } from '../context.ts';
import { note } from '../context.ts';
import { LineDisplay } from './line-display.ts';
import { LiveDisplay } from './live-display.ts';

export type Operation = Result<'op.status'>;

/** Shows people how operations get on. Each has a label; an empty one for a single operation, which shows its stages. */
export interface Display {
  update(label: string, operation: Operation): void;
  /** A message in between. */
  note(text: string): void;
  /** @param keep whether what was shown stays on a terminal */
  end(keep: boolean): void;
}

const silent: Display = { update() {}, note() {}, end() {} };

/** Only messages: for what is done on the side. */
export function notesOnly(context: Context): Display {
  return { ...silent, note: (text) => note(context, text) };
}

/** Live lines on a terminal, plain lines elsewhere, nothing for those who want none. */
export function createDisplay(context: Context): Display {
  const { settings, io, errorStyle } = context;
  if (settings.quiet || settings.json) return silent;
  const live = io.stderr.isTTY && io.environment['TERM'] !== 'dumb';
  return live ? new LiveDisplay(io.stderr, errorStyle) : new LineDisplay(io.stderr);
}
