import type { Client } from '@banger/api-types/node';

/** Runs `true` in a VM through the client library, to its end. @throws Error when it did not succeed */
export async function execTrue(client: Client, vm: string): Promise<void> {
  const { ticket } = await client.call('vm.exec', { vm, argv: ['true'] });
  const stream = await client.openStream(ticket);
  try {
    void stream.send('stdin', new Uint8Array());
    for await (const { type, payload } of stream.frames) {
      if (type === 'exit' && (JSON.parse(Buffer.from(payload).toString()) as { status: number }).status === 0) return;
      if (type === 'exit' || type === 'error') throw new Error(`true failed: ${Buffer.from(payload).toString()}`);
    }
    throw new Error('the stream ended without an exit status');
  } finally {
    stream.close();
  }
}
