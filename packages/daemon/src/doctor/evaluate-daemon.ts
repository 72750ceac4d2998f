import type { Config } from '../config.ts';
import { finding, judge, ok } from './finding.ts';
import type { DaemonState, Facts, Finding, ImageState } from './types.ts';

/** Who may use the daemon, whether it runs, and whether the default image can be had. */
export function evaluateDaemon(facts: Facts, config: Pick<Config, 'socketGroup' | 'defaults'>): readonly Finding[] {
  return [
    judge('socket-group', facts.socketGroup, (present) => socketGroup(present, config.socketGroup)),
    judge('daemon', facts.daemon, daemon),
    judge('image', facts.image, (state) => image(state, config.defaults.image)),
  ];
}

function socketGroup(present: boolean, name: string): Finding {
  if (present) return ok('socket-group', `members of the group ${name} may use the daemon`);
  const remediation = `To let others use it: groupadd --system ${name}, then usermod -aG ${name} USER (it amounts to root).`;
  return finding('socket-group', 'note', `there is no group ${name}, so only root may use the daemon`, remediation);
}

function daemon(state: DaemonState): Finding {
  switch (state.state) {
    case 'running':
      return ok('daemon', `a daemon is running (pid ${state.pid})`);
    case 'absent':
      return finding('daemon', 'note', 'no daemon is running', 'Start it: banger daemon start');
    case 'unreachable': {
      const who = state.pid === undefined ? 'a daemon' : `a daemon (pid ${state.pid})`;
      return finding(
        'daemon',
        'warning',
        `${who} seems to run, but does not answer: ${state.reason}`,
        'Look at its log.',
      );
    }
  }
}

function image(state: ImageState, name: string): Finding {
  switch (state.state) {
    case 'local':
      return ok('image', `the default image ${name} is here`);
    case 'catalog':
      return ok('image', `the default image ${name} is pulled from the catalog when a VM first needs it`);
    case 'unknown':
      return finding(
        'image',
        'error',
        `the default image ${name} is neither here nor in the catalog`,
        `Set defaults.image to one that is: ${state.available.join(', ')}`,
      );
  }
}
