/**
 * Who may import whom. A new package, room or restricted module is one line here; `imports.ts` enforces it.
 * The unit test beside the checker shows each kind of rule failing.
 */

/** What one package may import of ours: nothing else of `@banger/*` than these. */
export interface PackageRule {
  /** Packages that may be imported freely. */
  readonly values: readonly string[];
  /** Packages of which only types may be imported: the caller injects the implementation. */
  readonly types?: readonly string[];
}

/** A module (package, built-in or file of ours) that only some places may touch. */
export interface RestrictedModule {
  /** Specifiers, or repository paths for files of ours. */
  readonly modules: readonly string[];
  /** Path prefixes that may import it. */
  readonly allowedIn: readonly string[];
  /** Whether `import type` is fine everywhere. */
  readonly typesAnywhere: boolean;
  /** Whether tests are bound too. */
  readonly inTests: boolean;
  readonly reason: string;
}

/** Something written in code (not an import) that only some places may do. */
export interface RestrictedConstruct {
  readonly kind: 'new' | 'process.env';
  /** For `new`: what the class name must match. */
  readonly name?: RegExp;
  readonly allowedIn: readonly string[];
  readonly inTests: boolean;
  readonly reason: string;
}

/** A start that must stay light: nothing it loads eagerly may reach these modules. */
export interface LightStart {
  readonly from: string;
  readonly mustNotLoad: readonly string[];
  readonly reason: string;
}

/** The whole set, so that a test can hand the checker another one. */
export interface ImportRules {
  readonly packages: Readonly<Record<string, PackageRule>>;
  /** The rooms of the daemon, each a folder of `daemonSource`. */
  readonly daemonSource: string;
  readonly rooms: readonly string[];
  /** Files of a room that other rooms may `import type` from: its public face. */
  readonly roomInterfaces: readonly string[];
  /** Files beside the rooms that every room may import. */
  readonly sharedFiles: readonly string[];
  /** Files beside the rooms that may import rooms, and which. */
  readonly roomImporters: Readonly<Record<string, readonly string[] | 'all'>>;
  readonly modules: readonly RestrictedModule[];
  readonly constructs: readonly RestrictedConstruct[];
  readonly lightStarts: readonly LightStart[];
}

const DAEMON = 'packages/daemon/src';

/** The rules of this repository. */
export const importRules: ImportRules = {
  packages: {
    'api-types': { values: [] },
    system: { values: [] },
    opstate: { values: [] },
    dmsnap: { values: [], types: ['system'] },
    fcproc: { values: [], types: ['system'] },
    qemuproc: { values: [], types: ['system'] },
    imagemgr: { values: [], types: ['system'] },
    session: { values: [], types: ['system'] },
    workspace: { values: ['session'], types: ['system'] },
    daemon: {
      values: ['api-types', 'system', 'opstate', 'dmsnap', 'fcproc', 'qemuproc', 'imagemgr', 'session', 'workspace'],
    },
    cli: { values: ['api-types'] },
    banger: { values: ['cli', 'daemon'] },
    testkit: {
      values: [
        'api-types',
        'system',
        'opstate',
        'dmsnap',
        'fcproc',
        'qemuproc',
        'imagemgr',
        'session',
        'workspace',
        'daemon',
        'cli',
      ],
    },
  },

  daemonSource: DAEMON,
  rooms: [
    'rpc',
    'locks',
    'store',
    'ops',
    'vms',
    'vmm',
    'disks',
    'guest',
    'capabilities',
    'images',
    'sessions',
    'workspaces',
    'network',
    'recovery',
    'web',
    'doctor',
    'runtime-assets',
    // Not rooms but the inner parts of config.ts and logger.ts, which alone import them.
    'config',
    'logger',
  ],
  roomInterfaces: ['types.ts', 'port.ts'],
  sharedFiles: [
    'config.ts',
    'paths.ts',
    'logger.ts',
    'errors.ts',
    'steps.ts',
    'atomic-file.ts',
    'nearest.ts',
    'host-programs.json',
  ],
  roomImporters: {
    'compose.ts': 'all',
    'config.ts': ['config'],
    'logger.ts': ['logger'],
    'runtime-assets.ts': ['runtime-assets'],
    'daemon.ts': ['store'],
    // What a host offers, and what is wrong with it: also without a daemon.
    'host.ts': ['vmm', 'disks', 'network'],
    'doctor.ts': ['doctor', 'images', 'locks', 'store'],
  },

  modules: [
    {
      modules: ['better-sqlite3', 'node:sqlite'],
      allowedIn: [`${DAEMON}/store/`],
      typesAnywhere: false,
      inTests: true,
      reason: 'the store is the only door to the database',
    },
    {
      modules: ['ssh2'],
      allowedIn: [`${DAEMON}/guest/`, 'packages/testkit/src/'],
      typesAnywhere: false,
      inTests: false,
      reason: 'guests are reached through the guest port',
    },
    {
      modules: ['node:child_process', 'execa'],
      allowedIn: ['packages/system/src/', 'packages/cli/src/', 'packages/testkit/src/'],
      typesAnywhere: true,
      inTests: false,
      reason: 'host commands go through the injected Runner of @banger/system',
    },
    {
      modules: ['smol-toml'],
      allowedIn: [`${DAEMON}/config`],
      typesAnywhere: false,
      inTests: false,
      reason: 'configuration is parsed in one place',
    },
    {
      modules: ['pino', 'pino-pretty'],
      allowedIn: [`${DAEMON}/logger`],
      typesAnywhere: true,
      inTests: false,
      reason: 'loggers are made in one place and handed down',
    },
    {
      modules: ['node:async_hooks'],
      allowedIn: [`${DAEMON}/locks/`],
      typesAnywhere: true,
      inTests: false,
      reason: 'state that follows the async context is for the lock order only',
    },
  ],

  constructs: [
    {
      kind: 'new',
      name: /(?:Mutex|Semaphore|RwLock|ReadWriteLock)$/,
      allowedIn: [`${DAEMON}/locks/`],
      inTests: false,
      reason: 'locks/ is the only place that constructs a mutex',
    },
    {
      kind: 'process.env',
      allowedIn: [
        'packages/daemon/src/main.ts',
        'packages/cli/src/main.ts',
        'test/',
        'bench/',
        'scripts/',
        'packages/testkit/src/',
      ],
      inTests: false,
      reason: 'the environment is read in main.ts only',
    },
  ],

  lightStarts: [
    {
      from: 'packages/cli/src/main.ts',
      mustNotLoad: ['zod'],
      reason: 'zod at start-up doubles the time of every command',
    },
    {
      from: 'packages/api-types/src/client.ts',
      mustNotLoad: ['zod'],
      reason: 'the client uses the schemas as types only',
    },
  ],
};
