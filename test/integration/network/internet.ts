// A DNS server and a TCP server that says who called. `internet.ts DNS_ADDRESS SERVER_ADDRESS`
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { answerCalls } from './program.ts';

const [dnsAddress = '', serverAddress = ''] = process.argv.slice(2);
let answer = Buffer.from([203, 0, 113, 7]);

/** Any name has one address; a name that begins with "big" only over TCP. */
function respond(query: Buffer, transport: 'udp' | 'tcp'): Buffer {
  const isTruncated = transport === 'udp' && query.subarray(13, 16).toString() === 'big';
  let end = 12;
  while ((query[end] ?? 0) !== 0) end += 1 + (query[end] ?? 0);
  const record = Buffer.concat([Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]), answer]);
  const reply = Buffer.concat([query.subarray(0, end + 5), ...(isTruncated ? [] : [record])]);
  reply.writeUInt16BE(isTruncated ? 0x8380 : 0x8180, 2);
  reply.writeUInt16BE(isTruncated ? 0 : 1, 6);
  reply.writeUInt32BE(0, 8);
  return reply;
}

const udp = createSocket('udp4', (query, client) => udp.send(respond(query, 'udp'), client.port, client.address));
const tcp = createServer((socket) => {
  socket.once('data', (framed) => {
    const reply = respond(Buffer.from(framed).subarray(2), 'tcp');
    socket.end(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 0xff]), reply]));
  });
});
const echo = createServer((socket) => socket.end(socket.remoteAddress ?? ''));

await new Promise<void>((resolve) => udp.bind(53, dnsAddress, resolve));
await new Promise<void>((resolve) => tcp.listen(53, dnsAddress, resolve));
await new Promise<void>((resolve) => echo.listen(8080, serverAddress, resolve));
await answerCalls({
  answerWith: (address: string) => {
    answer = Buffer.from(address.split('.').map(Number));
  },
  connect: async ({ host, port }: { host: string; port: number }) =>
    (await import('./connect.ts')).connectTo(host, port),
});
for (const server of [udp, tcp, echo]) server.close();
