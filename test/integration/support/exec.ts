import type { Params } from '@banger/api-types';
import type { Client } from '@banger/api-types/node';

export interface Output {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in a VM to its end, with this input. */
export async function exec(
  client: Client,
  vm: string,
  argv: string[],
  more: Partial<Params<'vm.exec'>> = {},
  input = '',
): Promise<Output> {
  const { ticket } = await client.call('vm.exec', { vm, argv, ...more });
  const stream = await client.openStream(ticket);
  const output = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  let status: number | null = null;
  const sending = (async () => {
    if (input !== '') await stream.send('stdin', Buffer.from(input));
    await stream.send('stdin', new Uint8Array());
  })();
  for await (const { type, payload } of stream.frames) {
    if (type === 'stdout' || type === 'stderr') output[type].push(payload);
    if (type === 'exit') ({ status } = JSON.parse(Buffer.from(payload).toString()) as { status: number | null });
    if (type === 'error') throw new Error(Buffer.from(payload).toString());
  }
  await sending;
  const text = (chunks: Uint8Array[]): string => Buffer.concat(chunks).toString();
  return { status, stdout: text(output.stdout), stderr: text(output.stderr) };
}
