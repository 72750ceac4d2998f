import { finding, judge, ok } from './finding.ts';
import type { Facts, Finding, MissingProgram } from './types.ts';

const NODE_MAJOR = 24;

/** Platform, Node.js, root, programs. */
export function evaluateHost(facts: Facts): readonly Finding[] {
  return [platform(facts), node(facts), root(facts), programs(facts)];
}

function platform({ platform: { os, architecture } }: Facts): Finding {
  const here = `${os} on ${architecture}`;
  if (os === 'linux' && architecture === 'x64') return ok('platform', here);
  return finding('platform', 'error', `${here} is not supported`, 'Use a Linux host with an x86-64 processor.');
}

function node({ platform: { node: version } }: Facts): Finding {
  if (Number.parseInt(version, 10) >= NODE_MAJOR) return ok('node', `Node.js ${version}`);
  const remediation = `Start bangerd with Node.js ${NODE_MAJOR} or newer; its launcher brings one along.`;
  return finding('node', 'error', `Node.js ${version} is too old for the daemon`, remediation);
}

function root(facts: Facts): Finding {
  return judge('root', facts.root, (how) => {
    if (how === 'root') return ok('root', 'running as root');
    if (how === 'sudo') return finding('root', 'note', 'not root, but sudo works: start the daemon through it');
    const remediation = 'Run it as root, or let this user use sudo: bridges, TAP devices and NAT need it.';
    return finding('root', 'error', 'neither root nor sudo without a password', remediation);
  });
}

function programs(facts: Facts): Finding {
  return judge('programs', facts.programs, (missing) => {
    if (missing.length === 0) return ok('programs', 'all programs that are needed are there');
    const list = missing.map(({ name, why }) => `${name} (${why})`).join(', ');
    return finding('programs', 'error', `missing: ${list}`, howToInstall(facts, missing));
  });
}

function howToInstall({ distribution }: Facts, missing: readonly MissingProgram[]): string {
  const packages = [...new Set(missing.map((program) => program.package))].join(' ');
  if ('value' in distribution && !distribution.value.hasApt) {
    return `Install what ${distribution.value.name} calls these Debian packages: ${packages}`;
  }
  return `Run: apt-get install ${packages}`;
}
