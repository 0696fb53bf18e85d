import { expect, test } from 'vitest';
import { Breaker } from '../src/breaker.ts';
import { accepted, rejected, unknown } from '../src/outcome.ts';

const start = new Date('2026-01-01T00:00:00Z');
const later = (seconds: number): Date => new Date(start.getTime() + seconds * 1_000);
const busy = rejected(['provider', 'busy'], 409);

test('closes a way after five troubles in a row, for half a minute', () => {
  const breaker = new Breaker();
  for (let i = 0; i < 4; i += 1) {
    expect(breaker.note('a', i % 2 ? busy : unknown('timeout'), start)).toBeNull();
  }
  expect(breaker.enter(['a'], start)).toBe(true);
  expect(breaker.note('a', busy, start)).toEqual({ reason: 'busy', until: later(30) });
  expect(breaker.enter(['a'], later(29))).toBe(false);
  expect(breaker.enter(['b'], later(29))).toBe(true);
  expect(breaker.open(later(29))).toHaveLength(1);
});

test('afterwards one message tries; the others go around until it has arrived', () => {
  const breaker = new Breaker({ threshold: 1 });
  breaker.note('a', busy, start);
  expect(breaker.enter(['a'], later(30))).toBe(true);
  expect(breaker.enter(['a'], later(30))).toBe(false);
  breaker.note('a', accepted('1'), later(31));
  expect(breaker.enter(['a'], later(31))).toBe(true);
  expect(breaker.enter(['a'], later(31))).toBe(true);
});

test('a try that fails closes the way again at once', () => {
  const breaker = new Breaker({ threshold: 3 });
  for (let i = 0; i < 3; i += 1) {
    breaker.note('a', busy, start);
  }
  expect(breaker.enter(['a'], later(30))).toBe(true);
  expect(breaker.note('a', unknown('reset'), later(30))).toEqual({
    reason: 'no-answer',
    until: later(60),
  });
});

test('an account that is refused is left alone for ten minutes, after the first time', () => {
  const breaker = new Breaker();
  const circuit = breaker.note('a', rejected(['account', 'no-credit'], 418), start);
  expect(circuit).toEqual({ reason: 'no-credit', until: later(600) });
});

test('the refusal of a message or a number is no trouble, and ends a row of them', () => {
  const breaker = new Breaker({ threshold: 2 });
  breaker.note('a', busy, start);
  breaker.note('a', rejected(['recipient', 'bad-number'], 411), start);
  expect(breaker.note('a', busy, start)).toBeNull();
});

test('a message that goes through two ways tries both or neither', () => {
  const breaker = new Breaker({ threshold: 1 });
  breaker.note('a', busy, start);
  breaker.note('a/otp', rejected(['account', 'template-missing'], 424), start);
  expect(breaker.enter(['a', 'a/otp'], later(30))).toBe(false);
  expect(breaker.enter(['a'], later(30))).toBe(true);
  breaker.release('a');
  expect(breaker.enter(['a', 'a/otp'], later(600))).toBe(true);
});
