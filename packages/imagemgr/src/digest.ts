import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** `sha256:<64 hex>` of a file's content, holes included. */
export async function sha256File(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const stream = createReadStream(path, { highWaterMark: 4 * 1024 * 1024, ...(signal && { signal }) });
  for await (const part of stream) hash.update(part as Buffer);
  return `sha256:${hash.digest('hex')}`;
}
