import type { QmpObject } from './qmp/messages.ts';

/** Why a machine ended: the first cause that was seen. */
export type EndCause =
  /** The guest powered off. */
  | 'guest-shutdown'
  /** The guest rebooted; with `-no-reboot` that ends QEMU. */
  | 'guest-reset'
  /** The guest's kernel panicked. */
  | 'guest-panic'
  /** QMP `quit`, by us or another client. */
  | 'host-quit'
  /** A signal that QEMU could answer with an orderly end (TERM, INT, HUP). */
  | 'host-signal'
  /** `kill` of this machine. */
  | 'killed'
  /** QEMU had an error of its own and gave up. */
  | 'host-error'
  /** QEMU is gone and nobody saw why: SIGKILL, a crash, or an end while nobody was connected. */
  | 'unknown';

export interface MicrovmEnd {
  readonly cause: EndCause;
  /** The guest itself asked for it (power off or reboot). */
  readonly requested: boolean;
  /** For people. */
  readonly reason: string;
}

const causeOfReason: Readonly<Record<string, EndCause>> = {
  'guest-shutdown': 'guest-shutdown',
  'guest-reset': 'guest-reset',
  'guest-panic': 'guest-panic',
  'host-qmp-quit': 'host-quit',
  'host-signal': 'host-signal',
  'host-error': 'host-error',
};

/** Of a QMP SHUTDOWN event. */
export function causeOfShutdown(data: QmpObject): EndCause {
  const { reason, guest } = data;
  const known = typeof reason === 'string' ? causeOfReason[reason] : undefined;
  return known ?? (guest === true ? 'guest-shutdown' : 'host-error');
}

const reasons: Readonly<Record<EndCause, string>> = {
  'guest-shutdown': 'the guest powered off',
  'guest-reset': 'the guest rebooted',
  'guest-panic': "the guest's kernel panicked",
  'host-quit': 'QEMU was told to quit',
  'host-signal': 'QEMU was ended by a signal',
  killed: 'QEMU was killed',
  'host-error': 'QEMU gave up because of an error',
  unknown: 'QEMU is gone without a word (killed, crashed, or ended while nobody watched)',
};

export interface EndTraces {
  /** The end of the guest's console. */
  readonly console: string;
  /** The end of QEMU's own log. */
  readonly log: string;
}

/** A panicking guest reboots (`panic=-1`), which looks like a wish; its console tells the two apart. */
export function describeEnd(cause: EndCause, { console, log }: EndTraces): MicrovmEnd {
  const panic = cause === 'guest-reset' || cause === 'guest-panic' ? lastPanic(console) : undefined;
  if (panic !== undefined)
    return { cause: 'guest-panic', requested: false, reason: `${reasons['guest-panic']}: ${panic}` };
  const requested = cause === 'guest-shutdown' || cause === 'guest-reset';
  const words = cause === 'unknown' || cause === 'host-error' ? lastLine(log) : undefined;
  return {
    cause,
    requested,
    reason: words === undefined ? reasons[cause] : `${reasons[cause]}; its last words: ${words}`,
  };
}

/** Linux's wording since 1991, see kernel/panic.c. */
function lastPanic(console: string): string | undefined {
  return /Kernel panic - not syncing: ([^\r\n]{0,300})/.exec(console)?.[1]?.trim();
}

function lastLine(log: string): string | undefined {
  const line = log.trimEnd().split('\n').at(-1)?.trim();
  return line === undefined || line === '' ? undefined : line;
}
