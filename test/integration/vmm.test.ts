import { probeQemu, tcgCpuModel } from '@banger/qemuproc';
import { vmmContract } from '../../packages/daemon/src/vmm/contract.ts';
import type { MachineSpec } from '../../packages/daemon/src/vmm/port.ts';
import { qemuVmm } from '../../packages/daemon/src/vmm/qemu.ts';
import { host, MachineBench, runner } from './machine/bench-host.ts';
import type { TinyKernelBehaviour } from './machine/tiny-kernel.ts';

const qemuPath = 'qemu-system-x86_64';

vmmContract('QEMU under TCG', async () => {
  const bench = await MachineBench.make();
  const cpuModel = tcgCpuModel(await probeQemu(runner, qemuPath));
  const specOf = async (behaviour: TinyKernelBehaviour): Promise<MachineSpec> => {
    const { tag, directory, vcpus, memoryMib, kernelPath, drives } = await bench.spec(behaviour);
    const rest = { kernelArguments: [], drives, tap: bench.tap, mac: '02:fc:00:00:00:01' };
    return { vmId: tag, tag, directory, vcpus, memoryMib, kernelPath, initramfsPath: kernelPath, ...rest };
  };
  const spec = await specOf('idle');
  return {
    spec,
    obedient: await specOf('obey'),
    broken: { ...spec, drives: [{ id: 'root', path: '/nonexistent', format: 'raw', readOnly: false }] },
    vmm: () => qemuVmm({ host, qemuPath, accelerator: 'tcg', cpuModel }),
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
});
