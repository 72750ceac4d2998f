import type { CommandSpec, Grammar, OperandSpec } from '../arguments/spec.ts';
import { daemonStatus } from './daemon-status.ts';
import { imageList } from './image-list.ts';
import { imageShow } from './image-show.ts';
import { daemonOptions, globalOptions, logOption } from './options.ts';
import { version } from './version.ts';
import { vmCommands } from './vm-commands.ts';

const image: OperandSpec = { name: 'IMAGE', help: 'a name, for example debian or debian:12, or an id' };

const imageCommands: readonly CommandSpec[] = [
  {
    path: ['image', 'list'],
    aliases: ['ls'],
    shortcuts: ['images'],
    summary: 'list local images and the catalog',
    examples: [{ line: 'banger image list', explains: 'what is here and what could be' }],
    load: () => imageList,
  },
  {
    path: ['image', 'pull'],
    summary: 'get an image from the catalog',
    notes: ['The first VM of an image does it by itself.'],
    operands: [image],
    examples: [{ line: 'banger image pull debian:12', explains: 'before it is needed' }],
    load: async () => (await import('../lazy.ts')).imagePull,
  },
  {
    path: ['image', 'show'],
    aliases: ['inspect'],
    summary: 'show everything about a local image',
    operands: [image],
    examples: [{ line: 'banger image show debian', explains: 'its size, its digest, who uses it' }],
    load: () => imageShow,
  },
  {
    path: ['image', 'delete'],
    aliases: ['rm'],
    summary: 'delete local images that no VM uses',
    operands: [{ ...image, many: true }],
    examples: [{ line: 'banger image delete debian:12', explains: 'it can be pulled again' }],
    load: async () => (await import('../lazy.ts')).imageDelete,
  },
];

const daemonCommands: readonly CommandSpec[] = [
  {
    path: ['daemon', 'start'],
    summary: 'start the daemon in the background',
    notes: ['Waits until it answers. One that runs already is left alone.'],
    options: [...daemonOptions, logOption],
    examples: [
      { line: 'sudo banger daemon start', explains: 'for this host' },
      {
        line: 'banger --socket /tmp/b/sock daemon start --state-dir /tmp/b --run-dir /tmp/b',
        explains: 'a second one',
      },
    ],
    load: async () => (await import('../lazy.ts')).daemonStart,
  },
  {
    path: ['daemon', 'stop'],
    summary: 'stop the daemon; VMs go on running',
    examples: [{ line: 'banger daemon stop', explains: 'a new daemon takes the VMs over' }],
    load: async () => (await import('../lazy.ts')).daemonStop,
  },
  {
    path: ['daemon', 'status'],
    summary: 'show whether the daemon runs and how it is doing',
    examples: [{ line: 'banger daemon status', explains: 'exit status 5 when it does not run' }],
    load: () => daemonStatus,
  },
  {
    path: ['daemon', 'run'],
    summary: 'be the daemon, in the foreground',
    notes: ['For service managers and for looking at its log.'],
    options: daemonOptions,
    examples: [{ line: 'sudo banger daemon run --log-level debug', explains: 'Ctrl-C stops it' }],
    load: async () => (await import('../lazy.ts')).daemonRun,
  },
];

const otherCommands: readonly CommandSpec[] = [
  {
    path: ['doctor'],
    summary: 'check this host and say how to mend it',
    notes: ['Needs no daemon. The exit status is 1 when it found an error.'],
    options: daemonOptions,
    examples: [{ line: 'banger doctor', explains: 'what is missing, what would make it faster' }],
    load: async () => (await import('../lazy.ts')).doctor,
  },
  {
    path: ['version'],
    summary: 'show the versions of banger and of the daemon',
    examples: [{ line: 'banger version', explains: 'both' }],
    load: () => version,
  },
];

/** Everything that `banger` understands. */
export const grammar: Grammar = {
  groups: [
    { name: 'vm', summary: 'virtual machines' },
    { name: 'image', summary: 'what VMs are made from' },
    { name: 'daemon', summary: 'the program that runs them' },
  ],
  commands: [...vmCommands, ...imageCommands, ...daemonCommands, ...otherCommands],
  globals: globalOptions,
};
