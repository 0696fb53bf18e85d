import { isIPv6 } from 'node:net';

const groupsOfNetwork = 4;
const groups = 8;

/**
 * The part of an IP address that limits are counted by: an IPv4 address as it is, of IPv6 the
 * /64, because one subscriber has all of it (RFC 6177). IPv4 mapped into IPv6 counts as IPv4.
 */
export function networkOf(ip: string): string {
  const address = ip.split('%')[0] ?? '';
  if (!isIPv6(address)) {
    return ip;
  }
  // URLs write an address in one way only (WHATWG URL, "IPv6 serializer").
  const written = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(written);
  if (mapped) {
    return mapped.slice(1).flatMap(twoBytes).join('.');
  }
  const [head = '', tail] = written.split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail?.split(':').filter(Boolean) ?? [];
  const zeros = Array<string>(groups - left.length - right.length).fill('0');
  return `${[...left, ...zeros, ...right].slice(0, groupsOfNetwork).join(':')}::/64`;
}

function twoBytes(group: string): number[] {
  const both = Number.parseInt(group, 16);
  return [both >> 8, both & 255];
}

/**
 * The addresses that are likely to belong together: of IPv4 the /24, of IPv6 the /48, which is
 * what a site gets (RFC 6177).
 */
export function neighbourhoodOf(ip: string): string {
  const network = networkOf(ip);
  return network.includes(':')
    ? network.split(':').slice(0, 3).join(':')
    : network.split('.').slice(0, 3).join('.');
}
