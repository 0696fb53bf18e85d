import { expect, test } from 'vitest';
import { decideResume, parseCursor, safeCursor } from './stream.rules.ts';

const bounds = { floor: 100n, next: 200n };

test.for([
  { cursor: undefined, expected: { do: 'start' } },
  { cursor: null, expected: { do: 'start' } },
  { cursor: '100', expected: { do: 'replay', cursor: 100n } },
  { cursor: '200', expected: { do: 'replay', cursor: 200n } },
  { cursor: '99', expected: { do: 'reset' } },
  { cursor: '201', expected: { do: 'reset' } },
  { cursor: '9999999999999999999', expected: { do: 'reset' } },
])('a subscription with cursor $cursor begins with $expected', ({ cursor, expected }) => {
  expect(decideResume(parseCursor(cursor), bounds)).toEqual(expected);
});

test('a cursor never goes past what may still be invisible', () => {
  expect(safeCursor(5n, 9n)).toBe(5n);
  expect(safeCursor(12n, 9n)).toBe(9n);
});
