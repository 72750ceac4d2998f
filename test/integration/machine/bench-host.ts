import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MicrovmSpec, QemuHost } from '@banger/qemuproc';
import * as processes from '@banger/system';
import { type TinyKernelBehaviour, tinyKernel } from './tiny-kernel.ts';

const env = { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin' };

export const runner = processes.createRunner({ env });
export const host: QemuHost = { spawner: processes.createSpawner({ env }), processes };

/** A directory with tiny kernels and a TAP device, for machines of one test. */
export class MachineBench implements AsyncDisposable {
  readonly directory: string;
  readonly tap: string;

  private constructor(directory: string, tap: string) {
    this.directory = directory;
    this.tap = tap;
  }

  static async make(): Promise<MachineBench> {
    const bench = new MachineBench(await mkdtemp(join(tmpdir(), 'bgt-vmm-')), `bq${randomBytes(4).toString('hex')}`);
    await runner.run(['ip', 'tuntap', 'add', 'dev', bench.tap, 'mode', 'tap'], { privileged: true });
    return bench;
  }

  /** A machine with one disk and the network. */
  async spec(behaviour: TinyKernelBehaviour): Promise<MicrovmSpec> {
    const kernelPath = join(this.directory, `kernel-${behaviour}`);
    await writeFile(kernelPath, tinyKernel(behaviour));
    await writeFile(join(this.directory, 'disk, with a comma.raw'), new Uint8Array(1024 * 1024));
    return {
      tag: `banger-test-${this.tap}`,
      directory: this.directory,
      accelerator: 'tcg',
      vcpus: 1,
      memoryMib: 64,
      kernelPath,
      kernelArguments: [],
      drives: [{ id: 'root', path: join(this.directory, 'disk, with a comma.raw'), format: 'raw', readOnly: false }],
      network: { tap: this.tap, mac: '02:fc:00:00:00:01' },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A failed test may have left a machine.
    for (const identity of await processes.findByArgument(`banger-test-${this.tap}`)) {
      processes.signalProcess(identity, 'SIGKILL');
      await processes.waitForExit(identity, { deadlineMs: 5000 });
    }
    await runner.run(['ip', 'link', 'delete', this.tap], { privileged: true });
    await rm(this.directory, { recursive: true });
  }
}
