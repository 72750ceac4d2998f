import { hostTscKhz, observeKvm, probeQemu, QemuError, type QemuVersion } from '@banger/qemuproc';
import type { Runner, Spawner } from '@banger/system';
import * as processes from '@banger/system';
import type { Config } from '../config.ts';
import { planVmm, type VmmPlan } from './plan.ts';
import type { Vmm } from './port.ts';
import { qemuVmm } from './qemu.ts';

export interface SelectVmmOptions {
  readonly config: Pick<Config, 'vmm' | 'accelerator' | 'qemuPath'>;
  readonly runner: Runner;
  readonly spawner: Spawner;
  readonly signal: AbortSignal;
}

export interface VmmChoice extends Pick<VmmPlan, 'reason' | 'faster'> {
  readonly chosen: Vmm;
}

const DEFAULT_QEMU = 'qemu-system-x86_64';

/**
 * Looks at the host and takes the best VMM that runs on it. Changes nothing.
 * @throws BangerError prerequisite_missing
 */
export async function selectVmm({ config, runner, spawner, signal }: SelectVmmOptions): Promise<VmmChoice> {
  const qemuPath = config.qemuPath ?? DEFAULT_QEMU;
  const [qemu, kvm, tscKhz] = await Promise.all([
    probe(runner, qemuPath, signal),
    observeKvm(),
    hostTscKhz(runner, signal),
  ]);
  const { reason, faster, ...plan } = planVmm(config, { qemu, kvm, tscKhz });
  return { chosen: qemuVmm({ host: { spawner, processes }, qemuPath, ...plan }), reason, faster };
}

async function probe(runner: Runner, qemuPath: string, signal: AbortSignal): Promise<QemuVersion | undefined> {
  try {
    return await probeQemu(runner, qemuPath, signal);
  } catch (error) {
    if (error instanceof QemuError) return undefined;
    throw error;
  }
}
