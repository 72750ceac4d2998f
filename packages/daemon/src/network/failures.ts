import { LinkConflictError } from '@banger/fcproc';
import { CommandError } from '@banger/system';
import { BangerError } from '../errors.ts';
import type { NetworkFinding } from './types.ts';

/** The error for findings: the first one speaks, the details have all. Undefined when there are none. */
export function failureOf(findings: readonly NetworkFinding[]): BangerError | undefined {
  const [first] = findings;
  if (first === undefined) return undefined;
  return new BangerError(first.code, first.message, { remediation: first.remediation, details: { findings } });
}

/** What a failed command or system call means to the user. Errors of other kinds, and our own, pass as they are. */
export function explain(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (error instanceof LinkConflictError) {
    return new BangerError('network_conflict', `The network ${error.message}.`, {
      remediation: `Remove it if nothing needs it: ip link del ${error.link}`,
      cause: error,
    });
  }
  if (error instanceof CommandError) return explainCommand(error);
  return explainSystemCall(error);
}

function explainCommand(error: CommandError): BangerError {
  const [program] = error.argv;
  const details = { command: error.argv.join(' '), stderr: error.stderr };
  if (error.notFound) {
    return new BangerError('prerequisite_missing', `The program ${program} is not installed.`, {
      remediation: 'Install iproute2 and nftables, on Debian with: apt install iproute2 nftables',
      details,
      cause: error,
    });
  }
  if (error.timedOut) {
    return new BangerError('timeout', `${error.message}. Another program may hold the kernel's network lock.`, {
      details,
      cause: error,
    });
  }
  // ip and nft say in the first line what is wrong, and then where.
  const reason = error.stderr.trim().split('\n')[0] || error.message;
  return new BangerError(
    'prerequisite_missing',
    `The host's network could not be read or set up: ${program}: ${reason}`,
    {
      remediation:
        'The daemon needs root and a kernel with bridge, veth, tun and nf_tables (modules nft_masq, nft_ct, nft_reject_inet).',
      details,
      cause: error,
    },
  );
}

/** Errors of binding the resolver's port. */
function explainSystemCall(error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== 'bind' && syscall !== 'listen') return error;
  if (code === 'EADDRINUSE') {
    return new BangerError('network_conflict', "Another program listens on port 53 of the guests' gateway.", {
      remediation: 'Find it with: ss -lnp "sport = 53". Let it listen on its own addresses only.',
      cause: error,
    });
  }
  return new BangerError('prerequisite_missing', `The guests' resolver cannot listen: ${(error as Error).message}.`, {
    remediation: 'Run the daemon as root, or give it CAP_NET_BIND_SERVICE.',
    cause: error,
  });
}
