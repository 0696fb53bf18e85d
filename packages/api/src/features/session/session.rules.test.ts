import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { after, day, second } from '../../kernel/duration.ts';
import { decideRefresh } from './session.rules.ts';

const now = new Date('2026-11-20T08:00:00Z');
const ago = (ms: number): Date => after(now, -ms);
const fresh = {
  refreshCounter: 3,
  refreshAttempt: 'attempt-a',
  refreshedAt: ago(10 * second),
  createdAt: ago(day),
  endedAt: null,
};

test.for([
  { name: 'the current token', counter: 3, attempt: 'b', state: {}, expected: 'rotate' },
  {
    name: 'the current token, no attempt id',
    counter: 3,
    attempt: null,
    state: {},
    expected: 'rotate',
  },
  {
    name: 'the parent, same attempt',
    counter: 2,
    attempt: 'attempt-a',
    state: {},
    expected: 'repeat',
  },
  {
    name: 'the parent, other attempt',
    counter: 2,
    attempt: 'b',
    state: {},
    expected: 'retry-with-current',
  },
  {
    name: 'the parent, no attempt id',
    counter: 2,
    attempt: null,
    state: {},
    expected: 'retry-with-current',
  },
  {
    name: 'the parent, no attempt id on either side',
    counter: 2,
    attempt: null,
    state: { refreshAttempt: null },
    expected: 'retry-with-current',
  },
  {
    name: 'the parent at the end of the grace',
    counter: 2,
    attempt: 'attempt-a',
    state: { refreshedAt: ago(30 * second) },
    expected: 'repeat',
  },
  {
    name: 'the parent after the grace',
    counter: 2,
    attempt: 'attempt-a',
    state: { refreshedAt: ago(30 * second + 1) },
    expected: 'end',
  },
  {
    name: 'the grandparent inside the grace',
    counter: 1,
    attempt: 'attempt-a',
    state: {},
    expected: 'end',
  },
  { name: 'a token of the future', counter: 4, attempt: 'b', state: {}, expected: 'refuse' },
  {
    name: 'any token of an ended session',
    counter: 3,
    attempt: 'b',
    state: { endedAt: ago(0) },
    expected: 'refuse',
  },
  {
    name: 'a session that rested too long',
    counter: 3,
    attempt: 'b',
    state: { refreshedAt: ago(30 * day + 1) },
    expected: 'end',
  },
  {
    name: 'a session at the end of its life',
    counter: 3,
    attempt: 'b',
    state: { createdAt: ago(180 * day + 1) },
    expected: 'end',
  },
])('$name: $expected', ({ counter, attempt, state, expected }) => {
  const decision = decideRefresh(
    { ...fresh, ...state },
    { counter, attemptId: attempt },
    defaultConfig.session,
    now,
  );
  expect(decision.do).toBe(expected);
});
