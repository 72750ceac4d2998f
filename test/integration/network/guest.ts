// A guest in a namespace of its own: asks the gateway for names, connects to servers, and is a server itself.
import { Resolver } from 'node:dns/promises';
import { createServer } from 'node:net';
import { connectTo } from './connect.ts';
import { answerCalls } from './program.ts';

const server = createServer((socket) => socket.end('guest'));
await new Promise<void>((resolve) => server.listen(9000, '0.0.0.0', resolve));
await answerCalls({
  resolve: async ({ name, gateway }: { name: string; gateway: string }) => {
    const resolver = new Resolver({ timeout: 5000, tries: 1 });
    resolver.setServers([gateway]);
    try {
      return await resolver.resolve4(name);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    }
  },
  connect: ({ host, port }: { host: string; port: number }) => connectTo(host, port),
});
server.close();
