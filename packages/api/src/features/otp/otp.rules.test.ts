import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { after, minute, second } from '../../kernel/duration.ts';
import { carriedAttempts, decideRequest, explainRefusal, type SentCode } from './otp.rules.ts';

const now = new Date('2026-11-20T08:00:00Z');
const ago = (ms: number, consumed = false): SentCode => ({
  createdAt: after(now, -ms),
  consumedAt: consumed ? after(now, -ms + second) : null,
});
const decide = (...sent: SentCode[]) => decideRequest(sent, defaultConfig.otp, now);

test.for([
  { sent: [], wait: 0, next: 60 },
  { sent: [ago(59 * second)], wait: 1, next: null },
  { sent: [ago(60 * second)], wait: 0, next: 90 },
  { sent: [ago(89 * second), ago(150 * second)], wait: 1, next: null },
  { sent: [ago(90 * second), ago(150 * second)], wait: 0, next: 450 },
  // The fourth within ten minutes waits until the first has left the window.
  { sent: [ago(180 * second), ago(270 * second), ago(330 * second)], wait: 270, next: null },
  { sent: [ago(10 * minute), ago(13 * minute), ago(15 * minute)], wait: 0, next: 600 },
  // A code that was used ends the ladder; the windows still count it.
  { sent: [ago(61 * second), ago(3 * minute, true)], wait: 0, next: 420 },
])('the wait between codes: %j', ({ sent, wait, next }) => {
  const decision = decide(...sent);
  if (decision.do === 'send') {
    expect(wait).toBe(0);
    expect(decision.resendAt).toEqual(after(now, (next ?? 0) * second));
  } else {
    expect(decision.until).toEqual(after(now, wait * second));
  }
});

test('six codes a day are the most', () => {
  const sent = [1, 2, 3, 4, 5, 6].map((hours) => ago(hours * 60 * minute));
  expect(decide(...sent)).toEqual({
    do: 'refuse',
    reason: 'too-many',
    until: after(now, 18 * 60 * minute),
  });
  expect(decide(...sent.slice(1))).toMatchObject({ do: 'send' });
});

test('a new code takes over the attempts of the one that it replaces, and never gives new ones', () => {
  const open = { attempts: 4, expiresAt: after(now, minute), consumedAt: null };
  expect(carriedAttempts(undefined, 5, now)).toBe(0);
  expect(carriedAttempts(open, 5, now)).toBe(4);
  expect(carriedAttempts({ ...open, attempts: 5 }, 5, now)).toBe(0);
  expect(carriedAttempts({ ...open, expiresAt: now }, 5, now)).toBe(0);
  expect(carriedAttempts({ ...open, consumedAt: now }, 5, now)).toBe(0);
});

test('a challenge that takes no attempt is locked only while it could still be used', () => {
  const open = {
    attempts: 5,
    expiresAt: after(now, second),
    consumedAt: null,
    replacedAt: null,
    failedAt: null,
  };
  expect(explainRefusal(undefined, now)).toBe('expired');
  expect(explainRefusal(open, now)).toBe('locked');
  expect(explainRefusal({ ...open, expiresAt: now }, now)).toBe('expired');
  expect(explainRefusal({ ...open, consumedAt: now }, now)).toBe('expired');
  expect(explainRefusal({ ...open, replacedAt: now }, now)).toBe('expired');
  expect(explainRefusal({ ...open, failedAt: now }, now)).toBe('expired');
});
