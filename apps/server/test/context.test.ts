import { expect, test } from 'vitest';
import { readDeviceKey } from '../src/context.ts';

const key = 'a'.repeat(16);

test.for([key, 'Zz9-_'.repeat(8), 'a'.repeat(128)])('%s can be the key of a device', (said) => {
  expect(readDeviceKey(said)).toBe(said);
});

test.for([
  undefined,
  null,
  '',
  'a'.repeat(15),
  'a'.repeat(129),
  `${key}\n`,
  `${key}, ${key}`,
  'پ'.repeat(16),
  [key, key],
])('%j is none', (said) => {
  expect(readDeviceKey(said)).toBeNull();
});
