import { expect, test } from 'vitest';
import { neighbourhoodOf, networkOf } from './address.ts';

test.for([
  ['203.0.113.7', '203.0.113.7', '203.0.113'],
  ['::ffff:203.0.113.7', '203.0.113.7', '203.0.113'],
  ['::FFFF:cb00:7107', '203.0.113.7', '203.0.113'],
  ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7', '203.0.113'],
  ['::ffff:1:2', '0.1.0.2', '0.1.0'],
  ['2001:db8:7:1::9', '2001:db8:7:1::/64', '2001:db8:7'],
  ['2001:DB8:0007:0001:ffff:ffff:ffff:ffff', '2001:db8:7:1::/64', '2001:db8:7'],
  ['2001:db8::9', '2001:db8:0:0::/64', '2001:db8:0'],
  ['2001:db8:7:1:2:3:203.0.113.7', '2001:db8:7:1::/64', '2001:db8:7'],
  ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64', '64:ff9b:0'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64', 'fe80:0:0'],
  ['::1', '0:0:0:0::/64', '0:0:0'],
  ['::', '0:0:0:0::/64', '0:0:0'],
  ['1::', '1:0:0:0::/64', '1:0:0'],
  ['unknown', 'unknown', 'unknown'],
  ['', '', ''],
] as const)('%s is of the network %s in the neighbourhood %s', ([ip, network, neighbourhood]) => {
  expect(networkOf(ip)).toBe(network);
  expect(neighbourhoodOf(ip)).toBe(neighbourhood);
});
