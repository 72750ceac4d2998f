import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Bindings, DestinationStream, LevelWithSilent, Logger, LoggerOptions as PinoOptions } from 'pino';
import { destination, pino, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';
import { BangerError } from './errors.ts';
import { redact, redactLine } from './logger/redact.ts';

/**
 * pino's; `child({ vm: id })` and `child({ op: id })` bind ids to each line, an error goes under `err`.
 * Secrets among the fields are redacted, but do not pass any.
 */
export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly level: LevelWithSilent;
  /** Appended to, made 0600 when it is not there; standard output unless told. */
  readonly file?: string | undefined;
  /** For people at a terminal; JSON lines otherwise. Never for a file. */
  readonly pretty?: boolean;
  /** Instead of a file or standard output, for tests. */
  readonly stream?: DestinationStream;
}

/**
 * The one logger of a process; rooms get children of it. Lines are written at once, so that a crash loses none.
 * @throws BangerError permission_denied when the file cannot be written
 */
export function createLogger(options: LoggerOptions): Logger {
  const pinoOptions: PinoOptions = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: redactFields },
    // Errors were made plain by redactFields, and pino's own serializer would show them as what they are not.
    serializers: { err: (error: unknown) => error },
    hooks: { streamWrite: redactLine },
  };
  const logger = pino(pinoOptions, options.stream ?? openDestination(options));
  // pino does not send a child's bindings through its formatters; children inherit this from their parent.
  // oxlint-disable-next-line typescript/unbound-method -- the proxy hands on the `this` that it is called with
  logger.child = new Proxy(logger.child, {
    apply: (target, self, [bindings, ...rest]: [Bindings]) =>
      Reflect.apply(target, self, [redactFields(bindings), ...rest]),
  });
  return logger;
}

function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redact(fields) as Record<string, unknown>;
}

function openDestination({ file, pretty: forPeople = false }: LoggerOptions): DestinationStream {
  if (file === undefined && forPeople) {
    return pretty({ sync: true, destination: 1, ignore: 'hostname,pid', translateTime: 'SYS:HH:MM:ss.l' });
  }
  if (file === undefined) return destination({ dest: 1, sync: true });
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return destination({ dest: file, sync: true, append: true, mode: 0o600 });
  } catch (error) {
    throw new BangerError('permission_denied', `the log file ${file} cannot be written: ${String(error)}`, {
      remediation: 'Set another log_file, or none.',
      cause: error,
    });
  }
}
