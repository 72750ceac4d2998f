import type { MethodName, ParsedParams, Result } from '@banger/api-types';
import type { GuestProcess } from '../../guest/port.ts';
import { bridgeExec } from '../exec-stream.ts';
import type { Handlers } from '../types.ts';

type Begin<M extends MethodName> = (params: ParsedParams<M>) => Result<'op.status'>;

/** What the VM methods need of the VM service. */
export interface VmService {
  readonly create: Begin<'vm.create'>;
  readonly start: Begin<'vm.start'>;
  readonly stop: Begin<'vm.stop'>;
  readonly restart: Begin<'vm.restart'>;
  readonly kill: Begin<'vm.kill'>;
  readonly delete: Begin<'vm.delete'>;
  list(): Result<'vm.list'>['vms'];
  show(ref: string): Result<'vm.show'>;
  exec(params: ParsedParams<'vm.exec'>): { open(signal: AbortSignal): Promise<GuestProcess> };
}

type VmHandlers = Pick<Handlers, Extract<MethodName, `vm.${string}`>>;

export function vmHandlers(vms: VmService): VmHandlers {
  return {
    'vm.create': (params) => ({ operation: vms.create(params) }),
    'vm.start': (params) => ({ operation: vms.start(params) }),
    'vm.stop': (params) => ({ operation: vms.stop(params) }),
    'vm.restart': (params) => ({ operation: vms.restart(params) }),
    'vm.kill': (params) => ({ operation: vms.kill(params) }),
    'vm.delete': (params) => ({ operation: vms.delete(params) }),
    'vm.list': () => ({ vms: vms.list() }),
    'vm.show': ({ vm }) => vms.show(vm),
    'vm.exec': (params, { issueTicket }) => {
      const command = vms.exec(params);
      return issueTicket(async (stream) => bridgeExec(stream, await command.open(stream.closed)));
    },
  };
}
