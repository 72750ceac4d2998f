import type { Request } from './arguments/parse.ts';
import { parse, UsageProblem } from './arguments/parse.ts';
import type { CommandSpec } from './arguments/spec.ts';
import { CliError, hasCode } from './cli-error.ts';
import { grammar } from './commands/grammar.ts';
import type { Context } from './context.ts';
import { createContext, readSettings } from './context.ts';
import type { Io } from './io.ts';
import { styleFor } from './output/style.ts';

/**
 * Runs the program.
 * @param words without the program's own name
 * @returns the exit status
 */
export async function runProgram(words: readonly string[], io: Io, version: string): Promise<number> {
  const request = await read(words, io);
  if (typeof request === 'number') return request;
  switch (request.kind) {
    case 'help':
      return await showHelp(io, request);
    case 'version':
      io.stdout.write(`banger ${version}\n`);
      return 0;
    case 'command':
      return await runCommand(request, io, version);
  }
}

async function read(words: readonly string[], io: Io): Promise<Request | number> {
  try {
    return parse(grammar, words);
  } catch (problem) {
    if (!(problem instanceof UsageProblem)) throw problem;
    return await refuse(words, io, problem);
  }
}

/** A command line that cannot be understood: what is wrong, and where to read how it is done. */
async function refuse(words: readonly string[], io: Io, { cause, topic }: UsageProblem): Promise<number> {
  const { reportError, statusOf } = await import('./lazy.ts');
  const json = words.slice(0, endOfOptions(words)).includes('--json');
  reportError(io, cause, { json, color: !io.environment['NO_COLOR'], debug: words.includes('--debug') });
  if (!json) io.stderr.write(`${await usageHint(topic)}\n`);
  return (typeof topic === 'object' ? topic.failureStatus : undefined) ?? statusOf(cause);
}

function endOfOptions(words: readonly string[]): number {
  const index = words.indexOf('--');
  return index === -1 ? words.length : index;
}

async function usageHint(topic: CommandSpec | string | undefined): Promise<string> {
  if (topic === undefined) return 'See: banger --help';
  if (typeof topic === 'string') return `See: banger ${topic} --help`;
  const { usageLine } = await import('./lazy.ts');
  return `Usage: ${usageLine(topic)}\nSee: banger ${topic.path.join(' ')} --help`;
}

async function showHelp(io: Io, { topic, asked }: Extract<Request, { kind: 'help' }>): Promise<number> {
  const { renderHelp } = await import('./lazy.ts');
  const style = styleFor(io.stdout.isTTY && !io.environment['NO_COLOR'] && io.environment['TERM'] !== 'dumb');
  io.stdout.write(renderHelp(grammar, topic, { style, columns: io.stdout.columns, full: asked }));
  return 0;
}

async function runCommand(
  { command, invocation }: Extract<Request, { kind: 'command' }>,
  io: Io,
  version: string,
): Promise<number> {
  const context = createContext(io, readSettings(invocation, io.environment), version);
  try {
    const handler = await command.load();
    const status = await handler(context, invocation);
    await io.stdout.flush();
    return io.stdout.failure !== undefined ? await outputStatus(context, command, status) : status;
  } catch (error) {
    return await fail(context, command, error);
  }
}

async function fail(context: Context, command: CommandSpec, error: unknown): Promise<number> {
  const { reportError, statusOf } = await import('./lazy.ts');
  reportError(context.io, error, context.settings);
  return hasCode(error, 'operation_cancelled') ? statusOf(error) : (command.failureStatus ?? statusOf(error));
}

/** A reader that went away, such as `head`, is no failure; a full disk is one. */
async function outputStatus(context: Context, command: CommandSpec, status: number): Promise<number> {
  const reason = context.io.stdout.failure;
  const code = reason !== undefined && 'code' in reason ? reason.code : undefined;
  if (code === 'EPIPE' || code === 'EIO' || code === 'EBADF') return status;
  const error = new CliError('disk_full', `cannot write the standard output: ${String(reason)}`, { cause: reason });
  return await fail(context, command, error);
}
