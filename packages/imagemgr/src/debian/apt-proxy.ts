import type { Runner } from '@banger/system';
import { runTool } from '../run-tool.ts';

const proxySettings = ['Acquire::http::Proxy', 'Acquire::https::Proxy'] as const;

/** The host's own way to its mirrors: apt's proxy settings, as options for another apt. */
export async function aptProxyOptions(runner: Runner, signal?: AbortSignal): Promise<readonly string[]> {
  const argv = ['apt-config', 'dump', '--format', '%f=%v%n', ...proxySettings] as const;
  const { stdout } = await runTool(runner, argv, { signal, what: 'reading the settings of apt', debianPackage: 'apt' });
  return stdout.split('\n').flatMap((line) => {
    const [name, value] = splitOnce(line);
    const known = proxySettings.some((setting) => setting === name);
    return known && /^[^\s"]+$/.test(value) ? [`${name} "${value}"`] : [];
  });
}

function splitOnce(line: string): readonly [string, string] {
  const at = line.indexOf('=');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}
