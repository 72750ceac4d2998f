import { z } from 'zod';
import { absolutePath, duration, field, httpUrl, interfaceName, ipAddress, ipv4Range, size, word } from './fields.ts';

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const MIB = 2 ** 20;
const TIB = 2 ** 40;

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Says which words there are, so that nobody has to look them up. */
const oneOf = <const T extends readonly [string, ...string[]]>(words: T, preset: T[number], doc: string) =>
  field(z.enum(words).prefault(preset as never), {
    doc,
    expected: `one of ${words.map((each) => `"${each}"`).join(', ')}`,
  });

const top = {
  stateDir: field(absolutePath.prefault('/var/lib/banger'), {
    doc: 'Database, images and VM disks. One daemon per directory; it needs a local file system with room.',
    expected: 'an absolute path',
  }),
  runDir: field(absolutePath.prefault('/run/banger'), {
    doc: 'What need not survive a reboot: the socket.',
    expected: 'an absolute path',
  }),
  socketPath: field(absolutePath.optional(), {
    doc: 'The socket that clients connect to; `<run_dir>/banger.sock` unless told. At most 107 bytes.',
    expected: 'an absolute path',
  }),
  socketGroup: field(word.prefault('banger'), {
    doc: 'Members of this group may use the daemon, which amounts to root on this host. Without such a group only the owner may.',
    expected: 'the name of a group',
  }),
  logLevel: oneOf(logLevels, 'info', 'How much the daemon writes to its log.'),
  logFile: field(absolutePath.optional(), {
    doc: 'Where the log goes; standard output unless told.',
    expected: 'an absolute path',
  }),
  vmm: oneOf(['auto', 'qemu'], 'auto', 'Which VMM runs new VMs; `auto` takes the best that works on this host.'),
  accelerator: oneOf(
    ['auto', 'kvm', 'tcg'],
    'auto',
    'How QEMU runs guest code: `kvm` in hardware, `tcg` in software. `auto` takes KVM where the CPU has it.',
  ),
  disk: oneOf(
    ['auto', 'qcow2', 'reflink', 'copy'],
    'auto',
    'How new VMs get a disk from an image; a VM keeps its kind for life. `copy` takes the time and space of a whole copy.',
  ),
  qemuPath: field(absolutePath.optional(), {
    doc: 'The QEMU program; found on the `PATH` unless told.',
    expected: 'an absolute path',
  }),
};

const network = {
  bridge: field(interfaceName.prefault('banger0'), {
    doc: 'The bridge that guests hang on; banger makes it, and refuses one that is not its own.',
    expected: 'an interface name of at most 15 letters, digits and -_.',
  }),
  cidr: field(ipv4Range.prefault('172.30.0.0/16'), {
    doc: 'Addresses of the guests; the first is the gateway and resolver. Must not overlap other networks of the host.',
    expected: 'an IPv4 range with its prefix length, such as "172.30.0.0/16"',
  }),
  mtu: field(z.int().min(1280).max(9216).optional(), {
    doc: "Largest packet in bytes; that of the host's default route unless told.",
    expected: 'a whole number between 1280 and 9216',
  }),
  resolvers: field(z.array(ipAddress).min(1).max(8).optional(), {
    doc: "Where names that are not ours are asked for; the host's own resolvers unless told.",
    expected: 'a list of IP addresses, such as ["9.9.9.9"]',
  }),
};

const defaults = {
  image: field(word.prefault('debian'), {
    doc: 'The image that `vm create` takes when it is not told one.',
    expected: 'the name of an image, such as "debian:13"',
  }),
  vcpus: field(z.int().min(1).max(64).prefault(1), {
    doc: 'Virtual CPUs of a new VM. Under TCG a second one makes boots slower.',
    expected: 'a whole number between 1 and 64',
  }),
  memory: field(size({ min: 128 * MIB, max: TIB }).prefault('1GiB'), {
    doc: 'Memory of a new VM, taken from the host as the guest uses it; rounded down to whole MiB.',
    expected: 'a size between 128MiB and 1TiB, such as "1GiB"',
  }),
  disk: field(size({ min: 64 * MIB, max: 64 * TIB }).prefault('8GiB'), {
    doc: "Size of a new VM's root disk, taken from the host as it fills; never below the image's own.",
    expected: 'a size between 64MiB and 64TiB, such as "8GiB"',
  }),
  workDisk: field(size({ min: 64 * MIB, max: 64 * TIB }).prefault('8GiB'), {
    doc: "Size of a new VM's work disk, mounted at /root; taken from the host as it fills.",
    expected: 'a size between 64MiB and 64TiB, such as "8GiB"',
  }),
};

const debian = {
  mirror: field(httpUrl.prefault('http://deb.debian.org/debian'), {
    doc: 'Where Debian images are built from. Packages are checked by signature, so plain http is fine.',
    expected: 'a URL, such as "http://deb.debian.org/debian"',
  }),
};

const limits = {
  bootTimeout: field(duration({ min: SECOND, max: 3600 * SECOND }).prefault('3m'), {
    doc: 'How long a guest may take from the start of its VMM until commands can run in it.',
    expected: 'a duration between 1s and 1h, such as "3m"',
  }),
  stopGrace: field(duration({ min: 0, max: 600 * SECOND }).prefault('20s'), {
    doc: 'How long a guest may take to shut down before its VMM is killed, when the request does not say.',
    expected: 'a duration between 0s and 10m, such as "20s"',
  }),
  history: field(duration({ min: DAY, max: 3650 * DAY }).prefault('7d'), {
    doc: 'How long ended operations are remembered.',
    expected: 'a duration between 1d and 3650d, such as "7d"',
  }),
  connections: field(z.int().min(8).max(65_536).prefault(1024), {
    doc: 'Connections to the socket, streams included; more are refused.',
    expected: 'a whole number between 8 and 65536',
  }),
  callsPerConnection: field(z.int().min(1).max(4096).prefault(64), {
    doc: 'Calls of one connection that run at once; more wait.',
    expected: 'a whole number between 1 and 4096',
  }),
};

/** All keys by section; `top` are those before the first section. Documentation and suggestions walk over it. */
export const sections = { top, network, defaults, debian, limits } as const;

/** The whole configuration. In a TOML file the keys are in snake_case: `state_dir`, `network.cidr`. */
export const configSchema = z.strictObject({
  ...top,
  network: z.strictObject(network).prefault({}),
  defaults: z
    .strictObject(defaults)
    .prefault({})
    .transform(({ memory, disk, workDisk, ...rest }) => ({
      ...rest,
      memoryMib: Math.floor(memory / MIB),
      diskBytes: disk,
      workDiskBytes: workDisk,
    })),
  debian: z.strictObject(debian).prefault({}),
  limits: z
    .strictObject(limits)
    .prefault({})
    .transform(({ bootTimeout, stopGrace, history, ...rest }) => ({
      ...rest,
      bootTimeoutMs: bootTimeout,
      stopGraceMs: stopGrace,
      historyMs: history,
    })),
});

/** What may be configured; everything has a default. Sizes are bytes or `"2GiB"`, durations milliseconds or `"30s"`. */
export type DaemonOptions = z.input<typeof configSchema>;

/** A complete, checked configuration. */
export type Config = z.output<typeof configSchema>;
