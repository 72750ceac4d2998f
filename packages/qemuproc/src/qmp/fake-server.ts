import { createServer, type Server, type Socket } from 'node:net';

type Answer = (request: { readonly execute: string; readonly id: number }, server: FakeQmpServer) => void;

const GREETING = { QMP: { version: { qemu: { micro: 22, minor: 2, major: 7 }, package: '' }, capabilities: ['oob'] } };

/** Test double of QEMU's control socket: negotiates, records commands, serves one connection at a time. */
export class FakeQmpServer implements AsyncDisposable {
  readonly commands: string[] = [];
  status = { status: 'running', running: true };
  /** Commands that are answered in a way of their own (or not at all). */
  readonly answers = new Map<string, Answer>();
  greets = true;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(path: string): Promise<FakeQmpServer> {
    const server = createServer();
    const fake = new FakeQmpServer(server);
    server.on('connection', (socket) => fake.#serve(socket));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return fake;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  send(message: object | string): void {
    const line = typeof message === 'string' ? message : `${JSON.stringify(message)}\r\n`;
    for (const socket of this.#sockets) socket.write(line);
  }

  event(event: string, data: object = {}): void {
    this.send({ timestamp: { seconds: 1, microseconds: 2 }, event, data });
  }

  /** Breaks the connections; the server listens on. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hangUp();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    if (this.greets) socket.write(`${JSON.stringify(GREETING)}\r\n`);
    let rest = '';
    socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#answer(JSON.parse(line) as { execute: string; id: number });
    });
  }

  #answer(request: { readonly execute: string; readonly id: number }): void {
    this.commands.push(request.execute);
    const answer = this.answers.get(request.execute);
    if (answer) answer(request, this);
    else this.send({ return: request.execute === 'query-status' ? this.status : {}, id: request.id });
  }
}
