import { BangerError } from '../errors.ts';
import type { GuestAddress } from './port.ts';

/** Why a guest cannot be used, for the caller of the room; `final` ones do not get better by waiting. */
export class GuestUnreachable extends BangerError {
  readonly final: boolean;

  constructor(
    address: GuestAddress,
    why: string,
    options: { cause?: unknown; final?: boolean; remediation?: string } = {},
  ) {
    super('guest_unreachable', `the guest at ${address.host} ${why}`, {
      details: { vmId: address.vmId, host: address.host, port: address.port },
      ...(options.cause === undefined ? {} : { cause: options.cause }),
      ...(options.remediation === undefined ? {} : { remediation: options.remediation }),
    });
    this.final = options.final ?? false;
  }
}
