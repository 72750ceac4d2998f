import type { Invocation } from './arguments/invocation.ts';
import type { Io } from './io.ts';
import type { Style } from './output/style.ts';
import { styleFor } from './output/style.ts';

export const DEFAULT_SOCKET = '/run/banger/banger.sock';

/** The options that every command takes. */
export interface Settings {
  readonly socketPath: string;
  /** Whether the user named it, by option or environment. */
  readonly socketGiven: boolean;
  /** For programs: results as JSON, errors as JSON, nothing else. */
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  /** Shows where an error comes from. */
  readonly debug: boolean;
}

/** What a command works with. */
export interface Context {
  readonly io: Io;
  readonly settings: Settings;
  /** For standard output. */
  readonly style: Style;
  /** For standard error. */
  readonly errorStyle: Style;
  /** What this program calls itself to a daemon. */
  readonly clientName: string;
}

/** Reads the global options; those that are absent come from the environment. */
export function readSettings(invocation: Invocation, environment: Io['environment']): Settings {
  const socket = invocation.value('socket') ?? (environment['BANGER_SOCKET'] || undefined);
  return {
    socketPath: socket ?? DEFAULT_SOCKET,
    socketGiven: socket !== undefined,
    json: invocation.flag('json'),
    quiet: invocation.flag('quiet'),
    color: !invocation.flag('no-color') && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb',
    debug: invocation.flag('debug'),
  };
}

export function createContext(io: Io, settings: Settings, version: string): Context {
  return {
    io,
    settings,
    get style() {
      return styleFor(settings.color && io.stdout.isTTY);
    },
    get errorStyle() {
      return styleFor(settings.color && io.stderr.isTTY);
    },
    clientName: `banger ${version}`,
  };
}

/** Something for people beside the result: on standard error, unless told to be quiet or to speak JSON. */
export function note(context: Context, text: string): void {
  if (!context.settings.quiet && !context.settings.json) context.io.stderr.write(`${text}\n`);
}

/** A line of the result. */
export function print(context: Context, text: string): void {
  context.io.stdout.write(`${text}\n`);
}

/** The result for programs. */
export function printJson(context: Context, result: unknown): void {
  context.io.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}
