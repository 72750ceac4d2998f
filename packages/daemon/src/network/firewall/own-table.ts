import { formatAddress, formatCidr } from '../ipv4.ts';
import type { GuestSide } from './probes.ts';

/** The family of our table: it sees IPv4 and IPv6. */
export const OWN_FAMILY = 'inet';

/** Name of the table of one daemon instance. */
export function ownTableName(instanceId: string): string {
  return `banger_${instanceId}`;
}

/** Takes the table away; fine when there is none. For `nft -f -`. */
export function removalScript(table: string): string {
  // `delete` fails without the table, and `destroy` needs nft 1.0.8 and Linux 6.3.
  return `add table ${OWN_FAMILY} ${table}\ndelete table ${OWN_FAMILY} ${table}\n`;
}

/** Puts the table in place of any earlier one, in one transaction: no packet meets half of it. For `nft -f -`. */
export function installScript(table: string, { bridge, cidr, gateway }: GuestSide): string {
  const range = formatCidr(cidr);
  const host = formatAddress(gateway.network);
  // Guests get DNS and ping of the host, and nothing else of it; nobody outside opens connections to guests.
  return `${removalScript(table)}table ${OWN_FAMILY} ${table} {
  chain input {
    type filter hook input priority filter; policy accept;
    iifname != "${bridge}" accept
    ct state established,related accept
    ip daddr ${host} meta l4proto icmp accept
    ip daddr ${host} udp dport 53 accept
    ip daddr ${host} tcp dport 53 accept
    reject with icmpx admin-prohibited
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname "${bridge}" oifname "${bridge}" accept
    iifname "${bridge}" ip saddr ${range} accept
    iifname "${bridge}" drop
    oifname "${bridge}" ct state established,related accept
    oifname "${bridge}" ct status dnat accept
    oifname "${bridge}" reject with icmpx admin-prohibited
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${range} oifname != "${bridge}" masquerade
  }
}
`;
}
