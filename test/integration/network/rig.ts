import { randomBytes } from 'node:crypto';
import { mkdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { type LinkInfo, listLinks } from '@banger/fcproc';
import { CleanupStack, createRunner, type Runner } from '@banger/system';
import { Program } from './program.ts';

const real = createRunner({ env: process.env });

/** Addresses of the uplink between host and internet (a range for documentation, RFC 5737). */
export const UPLINK = { host: '198.51.100.1', dns: '198.51.100.53', server: '198.51.100.10', mtu: 1400 } as const;

/**
 * Three network namespaces: a host whose uplink leads to an internet with a DNS server and a TCP server, and a guest
 * that is put on a bridge of the host. Nothing of it touches the real host's network.
 */
export class NetworkRig implements AsyncDisposable {
  readonly host: string;
  readonly internet: string;
  readonly guestNamespace: string;
  readonly #cleanup = new CleanupStack();

  private constructor(prefix: string) {
    this.host = `${prefix}h`;
    this.internet = `${prefix}i`;
    this.guestNamespace = `${prefix}g`;
  }

  /** `prefix`: of the names of all that it makes. */
  static async create(prefix = `bnt${randomBytes(3).toString('hex')}`): Promise<NetworkRig> {
    const rig = new NetworkRig(prefix);
    try {
      await rig.#build();
      return rig;
    } catch (error) {
      await rig[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a command in the host's namespace; its stdout. */
  async run(...argv: readonly [string, ...string[]]): Promise<string> {
    return (await this.hostRunner.run(argv)).stdout;
  }

  /** Runs `nft -f -` there. */
  async nft(script: string): Promise<void> {
    await this.hostRunner.run(['nft', '-f', '-'], { input: script });
  }

  /** A Runner whose commands run in the host's namespace. */
  readonly hostRunner: Runner = {
    run: (argv, options) => real.run(['ip', 'netns', 'exec', this.host, ...argv], options),
  };

  links(): Promise<readonly LinkInfo[]> {
    return listLinks(this.hostRunner);
  }

  /** Everything that the host's namespace has of links, addresses and rules; for a comparison. */
  async snapshot(): Promise<unknown> {
    const links = await this.links();
    return { links, rules: await this.run('nft', 'list', 'ruleset') };
  }

  /** The host's resolv.conf, as `ip netns exec` shows it to programs that start later, and to running ones. */
  async setResolver(address: string): Promise<void> {
    await writeFile(`/etc/netns/${this.host}/resolv.conf`, `nameserver ${address}\n`);
  }

  async start(namespace: string, file: string, ...args: readonly string[]): Promise<Program> {
    const program = await Program.start(namespace, file, args);
    this.#cleanup.defer(`program ${file}`, () => program[Symbol.asyncDispose]());
    return program;
  }

  /** A daemon's network on the host. */
  startHost(
    instanceId: string,
    config: { bridge: string; cidr: string; mtu?: number; resolvers?: string[] },
  ): Promise<Program> {
    return this.start(this.host, './host.ts', JSON.stringify({ instanceId, config }));
  }

  startInternet(): Promise<Program> {
    return this.start(this.internet, './internet.ts', UPLINK.dns, UPLINK.server);
  }

  /** Puts the guest on the bridge, with a veth pair in the place of a TAP. */
  async startGuest(bridge: string, address: string, gateway: string): Promise<Program> {
    await this.#batch([
      `-n ${this.host} link add gtap type veth peer name eth0 netns ${this.guestNamespace}`,
      `-n ${this.host} link set dev gtap master ${bridge} up`,
      `-n ${this.guestNamespace} addr add ${address} dev eth0`,
      `-n ${this.guestNamespace} link set dev lo up`,
      `-n ${this.guestNamespace} link set dev eth0 up`,
      `-n ${this.guestNamespace} route add default via ${gateway}`,
    ]);
    return this.start(this.guestNamespace, './guest.ts');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cleanup.unwind();
  }

  async #build(): Promise<void> {
    for (const namespace of [this.host, this.internet, this.guestNamespace]) {
      await this.#cleanup.acquire(
        `namespace ${namespace}`,
        () => this.#batch([`netns add ${namespace}`]),
        () => this.#batch([`netns del ${namespace}`]),
      );
    }
    const etc = `/etc/netns/${this.host}`;
    const made = await mkdir(etc, { recursive: true });
    // The parent too when there was none, unless another run uses it by now.
    if (made !== etc) this.#cleanup.defer('/etc/netns', () => rmdir('/etc/netns').catch(() => {}));
    this.#cleanup.defer(etc, () => rm(etc, { recursive: true }));
    await this.setResolver(UPLINK.dns);
    await this.#batch([
      `-n ${this.host} link set dev lo up`,
      `-n ${this.host} link add up0 mtu ${UPLINK.mtu} type veth peer name up1 netns ${this.internet}`,
      `-n ${this.host} addr add ${UPLINK.host}/24 dev up0`,
      `-n ${this.host} link set dev up0 up`,
      `-n ${this.internet} addr add ${UPLINK.dns}/24 dev up1`,
      `-n ${this.internet} addr add ${UPLINK.server}/24 dev up1`,
      `-n ${this.internet} link set dev up1 mtu ${UPLINK.mtu} up`,
      `-n ${this.host} route add default via ${UPLINK.dns}`,
    ]);
  }

  /** One process per line, as the namespace is an option of it. */
  async #batch(lines: readonly string[]): Promise<void> {
    for (const line of lines) await real.run(['ip', ...line.split(' ')]);
  }
}
