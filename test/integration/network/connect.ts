import { once } from 'node:events';
import { connect } from 'node:net';

const TIMEOUT_MS = 3000;

/** What a TCP server says, or the code of the error, or `silent`. */
export async function connectTo(host: string, port: number): Promise<string> {
  const socket = connect({ host, port, timeout: TIMEOUT_MS });
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.on('timeout', () => socket.destroy(Object.assign(new Error('silent'), { code: 'silent' })));
  try {
    await once(socket, 'close');
    return text;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
