import { smsDeliverySchema } from '@chapar/contract';
import { expect, test } from 'vitest';
import { after, day, hour, minute, second } from '../../kernel/duration.ts';
import {
  decideRefusal,
  isFinal,
  maskPhone,
  maskValues,
  mayRetry,
  nextPoll,
  nextTry,
  statesBefore,
} from './sms.rules.ts';

const now = new Date('2026-11-22T08:00:00Z');

test('M12: whose fault a refusal is decides what becomes of the message', () => {
  const notice = { purpose: 'notice', tries: 1, expiresAt: after(now, day) };
  const code = { ...notice, purpose: 'code' };
  const soon = { retryAt: after(now, 30 * second) };
  expect(
    (['message', 'recipient', 'account', 'provider'] as const).map((scope) => [
      scope,
      decideRefusal(code, scope, now),
      decideRefusal(notice, scope, now),
    ]),
  ).toEqual([
    ['message', 'rejected', 'rejected'],
    ['recipient', 'rejected', 'rejected'],
    ['account', 'rejected', soon],
    ['provider', 'rejected', soon],
  ]);
});

test('tries are further and further apart, five in all, and none after the message has expired', () => {
  const waits = [1, 2, 3, 4, 5].map((tries) => nextTry(tries, now)?.getTime());
  expect(waits.map((at) => at && at - now.getTime())).toEqual([
    30 * second,
    2 * minute,
    10 * minute,
    hour,
    undefined,
  ]);
  const last = { purpose: 'custom', tries: 5, expiresAt: after(now, day) };
  expect(decideRefusal(last, 'provider', now)).toBe('dead');
  const late = { purpose: 'custom', tries: 1, expiresAt: after(now, 30 * second) };
  expect(decideRefusal(late, 'provider', now)).toBe('dead');
});

test('what may be sent again by hand', () => {
  const rows = ['waiting', 'sending', 'accepted', 'rejected', 'unknown', 'dead', 'expired'].map(
    (status) => [
      status,
      mayRetry({ status, purpose: 'notice' }, false),
      mayRetry({ status, purpose: 'notice' }, true),
      mayRetry({ status, purpose: 'code' }, true),
    ],
  );
  expect(rows.filter((row) => row.includes(true))).toEqual([
    ['unknown', false, true, false],
    ['dead', true, true, false],
  ]);
});

test('a report moves a message forwards only, and a final one ends it', () => {
  const states = smsDeliverySchema.options;
  expect(states.filter(isFinal)).toEqual([
    'delivered',
    'undelivered',
    'failed',
    'blacklisted',
    'filtered',
    'canceled',
  ]);
  expect(statesBefore('unknown')).toEqual([]);
  expect(statesBefore('queued')).toEqual(['unknown']);
  expect(statesBefore('sent-to-carrier')).toEqual(['unknown', 'queued', 'scheduled']);
  for (const state of states) {
    expect(statesBefore(state)).not.toContain(state);
    expect(statesBefore(state).filter(isFinal)).toEqual([]);
  }
});

test('questions come seldomer and seldomer, on a grid, and end when the provider has forgotten', () => {
  const asked: number[] = [];
  const statusSeconds = 48 * 3_600;
  let at: Date | null = now;
  for (let polls = 0; at !== null; polls += 1) {
    at = nextPoll({ polls, sentAt: now, statusSeconds }, at);
    if (at) {
      asked.push((at.getTime() - now.getTime()) / minute);
    }
  }
  expect(asked).toEqual([0.25, 0.75, 1.75, 4.75, 14.75, 44.75, 164.75, 524.75, 1_244.75, 2_684.75]);
  const odd = after(now, 1_234);
  const first = nextPoll({ polls: 0, sentAt: odd, statusSeconds }, odd);
  expect(first?.toISOString()).toBe('2026-11-22T08:00:30.000Z');
  expect(nextPoll({ polls: 0, sentAt: now, statusSeconds: 0 }, now)).toBeNull();
});

test('M14: what is secret becomes dots; of a number only its ends stay', () => {
  expect(maskValues({ code: '48213', order: '7' }, ['code'])).toEqual({
    code: '•••••',
    order: '7',
  });
  expect(maskPhone('+989121110001')).toBe('+98912***0001');
});
