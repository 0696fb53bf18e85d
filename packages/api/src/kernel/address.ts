import { isIPv6 } from 'node:net';

const groupsOfNetwork = 4;
const groups = 8;

/**
 * The part of an IP address that limits are counted by: an IPv4 address as it is, of IPv6 the
 * /64, because one subscriber has all of it (RFC 6177). IPv4 mapped into IPv6 counts as IPv4.
 */
export function networkOf(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped) {
    return mapped;
  }
  const address = ip.split('%')[0] ?? '';
  if (!isIPv6(address)) {
    return ip;
  }
  const [head = '', tail] = address.split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail?.split(':').filter(Boolean) ?? [];
  const zeros = Array<string>(Math.max(0, groups - left.length - right.length)).fill('0');
  const all = tail === undefined ? left : [...left, ...zeros, ...right];
  const network = all
    .slice(0, groupsOfNetwork)
    .map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
