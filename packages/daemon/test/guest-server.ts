import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket, type Server as TcpServer } from 'node:net';
import { pipeline } from 'node:stream/promises';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';

export interface GuestServerOptions {
  /** OpenSSH private key. */
  readonly hostKey: string;
  /** OpenSSH public key line that may log in. */
  readonly clientKey: string;
  /** What the shell runs before the command line, as from a start-up file. */
  readonly startupFile?: string;
  /** Like sshd's MaxSessions. */
  readonly maxSessions?: number;
}

/** What the server saw. */
export interface Seen {
  connections: number;
  logins: number;
  readonly lines: string[];
  readonly ptys: unknown[];
  readonly windows: unknown[];
  /** Bytes of stdout that a command got rid of. */
  sentBytes: number;
}

/** An SSH server on loopback that runs commands with this machine's `sh`, as sshd would in a guest. */
export class GuestServer {
  readonly seen: Seen = { connections: 0, logins: 0, lines: [], ptys: [], windows: [], sentBytes: 0 };
  readonly #tcp: TcpServer;
  readonly #sockets = new Set<Socket>();
  readonly #children = new Set<ChildProcess>();
  readonly #options: GuestServerOptions;

  constructor(options: GuestServerOptions) {
    this.#options = options;
    const ssh = new ssh2.Server({ hostKeys: [options.hostKey] }, (connection) => this.#serve(connection));
    this.#tcp = createServer({ noDelay: true }, (socket) => {
      this.seen.connections += 1;
      this.#sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
      ssh.injectSocket(socket);
    });
  }

  async listen(port = 0): Promise<number> {
    this.#tcp.listen(port, '127.0.0.1');
    await once(this.#tcp, 'listening');
    return (this.#tcp.address() as AddressInfo).port;
  }

  /** Cuts all connections, as a guest that loses its power. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.cut();
    for (const child of this.#children) killGroup(child, 'SIGKILL');
    if (!this.#tcp.listening) return;
    this.#tcp.close();
    await once(this.#tcp, 'close');
  }

  #serve(connection: Connection): void {
    const allowed = ssh2.utils.parseKey(this.#options.clientKey);
    if (allowed instanceof Error) throw allowed;
    let sessions = 0;
    connection.on('error', () => {});
    connection.on('authentication', (context) => {
      const isKnown =
        context.method === 'publickey' &&
        context.key.data.equals(allowed.getPublicSSH()) &&
        (context.signature === undefined ||
          context.blob === undefined ||
          allowed.verify(context.blob, context.signature) === true);
      if (isKnown) context.accept();
      else context.reject(['publickey']);
    });
    connection.on('ready', () => {
      this.seen.logins += 1;
    });
    connection.on('session', (accept, reject) => {
      if (sessions >= (this.#options.maxSessions ?? 10_000)) {
        reject();
        return;
      }
      sessions += 1;
      const session = accept();
      // ssh2's server would ignore requests after the end of stdin; sshd does not.
      session.on('eof', () => Object.assign(session, { _ending: false }));
      session.on('pty', (acceptPty, _reject, info) => {
        this.seen.ptys.push({ term: (info as { term?: string }).term, columns: info.cols, rows: info.rows });
        acceptPty();
      });
      session.on('window-change', (acceptChange, _reject, info) => {
        this.seen.windows.push({ columns: info.cols, rows: info.rows });
        (acceptChange as (() => void) | undefined)?.();
      });
      session.on('exec', (acceptExec, _reject, info) => {
        this.#run(acceptExec(), info.command, () => (sessions -= 1));
      });
    });
  }

  #run(channel: ServerChannel, line: string, onEnd: () => void): void {
    this.seen.lines.push(line);
    const child = spawn('sh', ['-c', `${this.#options.startupFile ?? ':'}\n${line}`], {
      detached: true,
      stdio: 'pipe',
    });
    this.#children.add(child);
    // a client that leaves early breaks the pipes: that is its affair
    const outputs = Promise.allSettled([
      pipeline(child.stdout, channel, { end: false }),
      pipeline(child.stderr, channel.stderr, { end: false }),
    ]);
    child.stdout.on('data', (chunk: Buffer) => {
      this.seen.sentBytes += chunk.length;
    });
    child.stdin.on('error', () => {});
    channel.pipe(child.stdin);
    channel.on('error', () => {}).on('close', () => child.stdin.destroy());
    child.on('exit', (code, signal) => {
      void outputs.then(() => {
        this.#children.delete(child);
        onEnd();
        if (signal === null) channel.exit(code ?? 255);
        else channel.exit(signal.replace(/^SIG/, ''), false);
        channel.end();
      });
    });
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // it has ended by itself
  }
}
