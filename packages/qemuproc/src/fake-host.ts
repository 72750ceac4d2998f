import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Argv, OutliveOptions, ProcessIdentity } from '@banger/system';
import type { QemuHost } from './host.ts';
import { FakeQmpServer } from './qmp/fake-server.ts';

/** Test double of a host on which QEMU is this process: `live` decides whether it lives. */
export class FakeHost implements QemuHost {
  readonly identity: ProcessIdentity = { pid: 4_000_001, startTimeTicks: 1, bootId: 'boot' };
  readonly signals: string[] = [];
  readonly spawned: { readonly argv: Argv; readonly options: OutliveOptions }[] = [];
  /** What QEMU writes to its log and does when it is started; by default it listens. */
  log = '';
  onSpawn: (directory: string) => Promise<void> = async (directory) => await this.listen(directory);
  /** Signals that QEMU does not heed. */
  ignored: readonly string[] = [];
  live = false;
  server: FakeQmpServer | undefined;

  readonly spawner = {
    spawnOutliving: async (argv: Argv, options: OutliveOptions): Promise<ProcessIdentity> => {
      this.spawned.push({ argv, options });
      this.live = true;
      await writeFile(options.logPath, this.log, { flag: 'wx' });
      await this.onSpawn(options.cwd ?? '');
      return this.identity;
    },
  };

  readonly processes = {
    sameProcess: (): boolean => this.live,
    signalProcess: (_: ProcessIdentity, signal: NodeJS.Signals): boolean => {
      if (!this.live) return false;
      this.signals.push(signal);
      if (!this.ignored.includes(signal)) this.die();
      return true;
    },
    waitForExit: async (
      _: ProcessIdentity,
      { signal, deadlineMs = Infinity }: { signal?: AbortSignal; deadlineMs?: number } = {},
    ): Promise<void> => {
      const deadline = performance.now() + deadlineMs;
      while (this.live) {
        if (performance.now() > deadline) throw new Error('deadline');
        await delay(1, undefined, signal === undefined ? {} : { signal });
      }
    },
    findByArgument: async (): Promise<readonly ProcessIdentity[]> => [this.identity],
  };

  async listen(directory: string): Promise<void> {
    this.server = await FakeQmpServer.listen(join(directory, 'qmp.sock'));
  }

  die(): void {
    this.live = false;
    this.server?.hangUp();
  }

  async close(): Promise<void> {
    await this.server?.[Symbol.asyncDispose]();
  }
}
