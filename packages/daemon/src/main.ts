import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Config, loadConfig } from './config.ts';
import { Daemon } from './daemon.ts';
import { doctorWith } from './doctor.ts';
import { BangerError } from './errors.ts';
import { createLogger } from './logger.ts';
import { version } from './version.ts';

const usage = `bangerd: the banger daemon

  bangerd [--config FILE] [--socket PATH] [--state-dir DIR] [--run-dir DIR] [--log-level LEVEL]
  bangerd --doctor [--json]     check this host, without a daemon
  bangerd --version

People use it through \`banger daemon start\` or \`banger daemon run\`.
`;

const flags = {
  config: { type: 'string' },
  socket: { type: 'string' },
  'state-dir': { type: 'string' },
  'run-dir': { type: 'string' },
  'log-level': { type: 'string' },
  doctor: { type: 'boolean' },
  json: { type: 'boolean' },
  version: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Flags = ReturnType<typeof parseFlags>;

function parseFlags(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: flags, strict: true }).values;
  } catch (error) {
    throw new BangerError('invalid_params', error instanceof Error ? error.message : String(error), {
      remediation: usage,
    });
  }
}

async function main(argv: string[]): Promise<number> {
  const values = parseFlags(argv);
  if (values.help) return say(usage);
  if (values.version) return say(`bangerd ${version}\n`);
  const config = withFlags(await loadConfig(values.config), values);
  if (values.doctor) return diagnose(config, values.json === true);
  await serve(config);
  return 0;
}

/** What the command line says goes before what the file says. */
function withFlags(config: Config, values: Flags): Config {
  const level = values['log-level'];
  if (level !== undefined && !isLevel(level)) {
    throw new BangerError('invalid_params', `--log-level ${level}: there is no such level`, {
      remediation: `Use one of ${levels.join(', ')}.`,
    });
  }
  return {
    ...config,
    ...(values.socket !== undefined && { socketPath: resolve(values.socket) }),
    ...(values['state-dir'] !== undefined && { stateDir: resolve(values['state-dir']) }),
    ...(values['run-dir'] !== undefined && { runDir: resolve(values['run-dir']) }),
    ...(level !== undefined && { logLevel: level }),
  };
}

const levels: readonly string[] = [
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'fatal',
  'silent',
] satisfies Config['logLevel'][];

function isLevel(word: string): word is Config['logLevel'] {
  return levels.includes(word);
}

async function serve(config: Config): Promise<void> {
  const stopping = new AbortController();
  // A second signal ends us at once, as people expect.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stopping.abort(new Error(`ended by ${signal}`)));
  const logger = createLogger({ level: config.logLevel, file: config.logFile, pretty: process.stdout.isTTY });
  process.on('unhandledRejection', (error) => logger.error({ err: error }, 'a defect: nobody waited for this error'));
  const daemon = await Daemon.openWith(config, { logger, environment: process.env });
  await daemon.serve({ signal: stopping.signal });
}

async function diagnose(config: Config, json: boolean): Promise<number> {
  const report = await doctorWith(config, process.env, AbortSignal.timeout(60_000));
  const lines = report.findings.map(
    ({ level, message, remediation }) =>
      `${level.padEnd(7)} ${message}${remediation ? `\n        ${remediation}` : ''}\n`,
  );
  say(json ? `${JSON.stringify(report)}\n` : lines.join(''));
  return report.ok ? 0 : 1;
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BangerError)) throw error;
  process.stderr.write(`bangerd: ${error.message}\n${error.remediation ? `${error.remediation}\n` : ''}`);
  process.exitCode = 1;
}
