import type { CommandSpec, OperandSpec } from '../arguments/spec.ts';
import { OWN_FAILURE_STATUS } from '../fixed-status.ts';
import { createOptions, execOptions, graceOption } from './options.ts';
import { vmList } from './vm-list.ts';
import { vmShow } from './vm-show.ts';

const image: OperandSpec = { name: 'IMAGE', help: 'a catalog or local image, for example debian or debian:12' };
const vm: OperandSpec = { name: 'VM', help: "a VM's name, id, or a unique beginning of either" };
const vms: OperandSpec = { ...vm, many: true };

const statusNote =
  'The exit status is that of the command, 128 and the number of the signal that ended it, or 125 when banger itself failed.';

/** `banger vm ...` */
export const vmCommands: readonly CommandSpec[] = [
  {
    path: ['vm', 'run'],
    shortcuts: ['run'],
    summary: 'make a VM and run a command in it',
    notes: [
      'Without a command, on a terminal, it is a login shell. Without --rm the VM goes on running afterwards.',
      'Ctrl-C while the VM is made undoes it; afterwards it goes to the command.',
      statusNote,
    ],
    operands: [image],
    trailing: 'CMD',
    options: [{ name: 'rm', help: 'delete the VM when the command has ended' }, ...execOptions, ...createOptions],
    examples: [
      { line: 'banger vm run debian', explains: 'a shell in a new VM' },
      { line: 'banger vm run debian --rm -- uname -a', explains: 'one command in a VM that is deleted again' },
      { line: 'tar c . | banger vm run debian --rm -i -- tar t', explains: 'standard input goes to the command' },
      { line: 'banger vm run debian --name box --vcpus 2 --memory 2G', explains: 'a larger one with a name' },
    ],
    failureStatus: OWN_FAILURE_STATUS,
    load: async () => (await import('../lazy.ts')).vmRun,
  },
  {
    path: ['vm', 'create'],
    summary: 'make a VM and start it',
    notes: ['Prints the name of the VM. Ctrl-C undoes everything.'],
    operands: [image],
    options: createOptions,
    examples: [
      { line: 'banger vm create debian', explains: 'a VM with a name that is made up' },
      { line: 'banger vm create debian:12 --name old --memory 1G --disk 20G', explains: 'the one before' },
    ],
    load: async () => (await import('../lazy.ts')).vmCreate,
  },
  {
    path: ['vm', 'list'],
    aliases: ['ls', 'ps'],
    shortcuts: ['ls', 'ps'],
    summary: 'list the VMs',
    notes: ['With --quiet only their names, one a line.'],
    examples: [
      { line: 'banger vm list', explains: 'all VMs' },
      { line: 'banger vm delete $(banger vm list --quiet)', explains: 'get rid of all' },
    ],
    load: () => vmList,
  },
  {
    path: ['vm', 'show'],
    aliases: ['inspect'],
    summary: 'show everything about a VM',
    operands: [vm],
    examples: [
      { line: 'banger vm show box', explains: 'for people' },
      { line: 'banger vm show box --json', explains: 'for programs' },
    ],
    load: () => vmShow,
  },
  {
    path: ['vm', 'exec'],
    shortcuts: ['exec'],
    summary: 'run a command in a running VM',
    notes: ['Without a command, on a terminal, it is a login shell.', statusNote],
    operands: [vm],
    trailing: 'CMD',
    options: execOptions,
    examples: [
      { line: 'banger vm exec box', explains: 'a shell' },
      { line: 'banger vm exec box -- apt-get update', explains: 'one command' },
      { line: 'banger vm exec box -e LANG -w /tmp -- make', explains: 'with a variable of ours, in /tmp' },
      { line: 'banger vm exec -i box -- sh -c "cat > /root/file" < file', explains: 'copy a file into the VM' },
    ],
    failureStatus: OWN_FAILURE_STATUS,
    load: async () => (await import('../lazy.ts')).vmExec,
  },
  {
    path: ['vm', 'start'],
    summary: 'start stopped VMs',
    operands: [vms],
    examples: [{ line: 'banger vm start box', explains: 'start it with its disks as they were' }],
    load: async () => (await import('../lazy.ts')).vmChange('start'),
  },
  {
    path: ['vm', 'stop'],
    summary: 'shut VMs down, their disks stay',
    operands: [vms],
    options: [graceOption],
    examples: [
      { line: 'banger vm stop box', explains: 'shut it down' },
      { line: 'banger vm stop box other --grace 5s', explains: 'two of them, killed after 5 seconds' },
    ],
    load: async () => (await import('../lazy.ts')).vmChange('stop'),
  },
  {
    path: ['vm', 'restart'],
    summary: 'stop VMs and start them again',
    operands: [vms],
    options: [graceOption],
    examples: [{ line: 'banger vm restart box', explains: 'shut it down and start it' }],
    load: async () => (await import('../lazy.ts')).vmChange('restart'),
  },
  {
    path: ['vm', 'kill'],
    summary: 'end VMs at once, as if the power went',
    operands: [vms],
    examples: [{ line: 'banger vm kill box', explains: 'its disks stay' }],
    load: async () => (await import('../lazy.ts')).vmChange('kill'),
  },
  {
    path: ['vm', 'delete'],
    aliases: ['rm'],
    summary: 'delete VMs with their disks, running or not',
    operands: [vms],
    examples: [
      { line: 'banger vm delete box', explains: 'there is no way back' },
      { line: 'banger vm rm box other', explains: 'two of them' },
    ],
    load: async () => (await import('../lazy.ts')).vmChange('delete'),
  },
];
