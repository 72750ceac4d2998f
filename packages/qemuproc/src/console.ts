import { open, stat } from 'node:fs/promises';

export interface ConsoleLimits {
  /** A larger file is cut; 1 MiB unless told. */
  readonly maxBytes?: number;
  /** How much of its end stays; 256 KiB unless told. */
  readonly keptBytes?: number;
  /** Pause between looks in milliseconds, 2000 unless told. */
  readonly everyMs?: number;
}

/**
 * Cuts a growing log again and again until the signal is aborted: a guest writes to its console as much as it likes,
 * and QEMU has no limit of its own. The writer must append (`append=on`).
 * Between two looks the file may grow by what a guest writes in that time, a few MB; while nobody looks, without bound.
 */
export function keepBounded(path: string, signal: AbortSignal, limits: ConsoleLimits = {}): void {
  const { everyMs = 2000, maxBytes = 1024 * 1024, keptBytes = 256 * 1024 } = limits;
  if (signal.aborted) return;
  let isCutting = false;
  const timer = setInterval(() => {
    // Two at a time would cut what the other is about to write back.
    if (isCutting) return;
    isCutting = true;
    // A missing file means that the machine is going; any other trouble shows when the log is read.
    cutLog(path, maxBytes, keptBytes)
      .catch(() => {})
      .finally(() => {
        isCutting = false;
      });
  }, everyMs);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

/** Leaves the last `keptBytes` of a file that has grown beyond `maxBytes`. What is appended meanwhile may be lost. */
export async function cutLog(path: string, maxBytes: number, keptBytes: number): Promise<void> {
  const { size } = await stat(path);
  if (size <= maxBytes) return;
  await using file = await open(path, 'r+');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(keptBytes), 0, keptBytes, size - keptBytes);
  await file.truncate(0);
  await file.write(buffer, 0, bytesRead, 0);
}
