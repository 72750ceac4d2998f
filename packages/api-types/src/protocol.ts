/** Grows when an old client could misread a new daemon or the reverse. `handshake` itself only ever gains optional fields. */
export const PROTOCOL_VERSION = 1;

/** Longest JSON line on an RPC connection in bytes, without its line end; both directions. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;

/**
 * How a daemon or a client explains that the other one speaks another protocol version.
 * @param client what the client calls itself, for example `banger 1.2.0`
 * @param daemon what the daemon calls itself, for example `bangerd 1.3.0`
 */
export function describeProtocolMismatch(
  client: { readonly name: string; readonly protocol: number },
  daemon: { readonly name: string; readonly protocol: number },
): { message: string; remediation: string } {
  const message = `${client.name} speaks protocol ${client.protocol}, but ${daemon.name} speaks protocol ${daemon.protocol}`;
  const remediation =
    client.protocol < daemon.protocol
      ? `Upgrade ${client.name} to the version of the daemon.`
      : `Upgrade ${daemon.name} to the version of the client and restart it; VMs go on running meanwhile.`;
  return { message, remediation };
}
