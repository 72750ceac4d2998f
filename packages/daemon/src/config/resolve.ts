import { readFile } from 'node:fs/promises';
import { BangerError } from '../errors.ts';
import { parseToml } from './parse-toml.ts';
import { describeIssue } from './problem.ts';
import type { Config, DaemonOptions } from './schema.ts';
import { configSchema } from './schema.ts';

const DEFAULT_CONFIG_PATH = '/etc/banger/config.toml';

/**
 * Options of an embedding program, completed with the defaults.
 * @throws BangerError config_invalid
 */
export function resolveConfig(options: DaemonOptions): Config {
  const result = configSchema.safeParse(options, { reportInput: true });
  if (result.success) return result.data;
  const messages = result.error.issues
    .flatMap((issue) => describeIssue(issue, (key) => key))
    .map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`);
  throw new BangerError('config_invalid', messages.join('\n'), { details: { problems: messages } });
}

/**
 * The configuration of a file. Without a path: of the default one, where there is one.
 * @throws BangerError config_invalid, permission_denied
 */
export async function loadConfig(path?: string): Promise<Config> {
  const file = path ?? DEFAULT_CONFIG_PATH;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && path === undefined) return resolveConfig({});
    const denied = code === 'EACCES' || code === 'EPERM';
    throw new BangerError(
      denied ? 'permission_denied' : 'config_invalid',
      `the configuration file ${file} cannot be read (${code ?? String(error)})`,
      { remediation: 'Check the path and its permissions; without a file the defaults hold.', cause: error },
    );
  }
  return parseToml(text, file);
}
