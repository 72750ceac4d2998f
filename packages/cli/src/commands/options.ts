import type { OptionSpec } from '../arguments/spec.ts';

/** Options that every command takes. */
export const globalOptions: readonly OptionSpec[] = [
  { name: 'socket', value: 'PATH', help: "the daemon's socket; BANGER_SOCKET says it too [/run/banger/banger.sock]" },
  { name: 'json', help: 'results and errors as JSON, for programs' },
  { name: 'quiet', short: 'q', help: 'only results and errors' },
  { name: 'no-color', help: 'no colours; NO_COLOR says it too' },
  { name: 'debug', help: 'show where an error comes from' },
  { name: 'help', short: 'h', help: 'show help' },
  { name: 'version', help: 'show the version' },
];

/** What a new VM shall be. */
export const createOptions: readonly OptionSpec[] = [
  { name: 'name', value: 'NAME', help: 'its name and host name [one is made up]' },
  { name: 'vcpus', value: 'N', help: 'number of virtual CPUs' },
  { name: 'memory', short: 'm', value: 'SIZE', help: 'memory, for example 512M or 2GiB' },
  { name: 'disk', value: 'SIZE', help: 'size of the root file system' },
  { name: 'work-disk', value: 'SIZE', help: 'size of the work disk at /root' },
];

/** How a command is to run in a VM. */
export const execOptions: readonly OptionSpec[] = [
  { name: 'interactive', short: 'i', help: 'hand standard input to the command' },
  { name: 'tty', short: 't', help: 'give the command a terminal' },
  { name: 'env', short: 'e', value: 'K=V', repeat: true, help: 'set a variable; K alone takes its value from here' },
  { name: 'workdir', short: 'w', value: 'PATH', help: 'directory in the VM to run in [/root]' },
];

export const graceOption: OptionSpec = {
  name: 'grace',
  value: 'TIME',
  help: 'how long the guest may take to shut down before it is killed, for example 30s',
};

const bangerdOption: OptionSpec = {
  name: 'bangerd',
  value: 'FILE',
  help: "the daemon's program [beside banger, else on $PATH]; BANGER_BANGERD says it too",
};

/** What is handed on to bangerd. */
export const daemonOptions: readonly OptionSpec[] = [
  { name: 'config', value: 'FILE', help: 'its configuration' },
  { name: 'state-dir', value: 'DIR', help: 'where it keeps VMs and images' },
  { name: 'run-dir', value: 'DIR', help: 'where it keeps what does not outlive a reboot' },
  { name: 'log-level', value: 'LEVEL', help: 'how much it logs: debug, info, warn, error' },
  bangerdOption,
];

export const logOption: OptionSpec = {
  name: 'log',
  value: 'FILE',
  help: 'where its output goes [bangerd.log in its state directory]',
};
