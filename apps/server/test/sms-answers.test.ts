import { expect, test } from 'vitest';
import { fitCost, fitReports, fitResult } from '../src/gateways/sms/answers.ts';

const cost = { amount: '1450', unit: 'IRR' } as const;
const taken = { outcome: 'accepted', providerMessageId: 'SM01', parts: 2, cost } as const;
const refused = {
  outcome: 'rejected',
  scope: 'account',
  error: 'auth',
  providerCode: 'state_id 7',
} as const;
const around = { provider: 'kavenegar', attempts: [] };
/** What PostgreSQL cannot hold, or what nobody can read. */
const odd = ['a\u0000b', 'a\nb', 'a\u0085b', '\ud83d', 'x\ude00', 'a\u202eb', 'a\u2028b', ''];

test('what fits stays as it is', () => {
  for (const outcome of [taken, refused, { outcome: 'unknown', reason: 'reset' } as const]) {
    expect(fitResult({ outcome, ...around })).toEqual({ outcome, ...around });
  }
  const report = { providerMessageId: '😀'.repeat(200), state: 'delivered', providerCode: 'کد ۱' };
  expect(fitReports([{ ...report, state: 'delivered' }])).toEqual([report]);
});

test.for([...odd, 'x'.repeat(201)])('an id that does not fit is none: %j', (providerMessageId) => {
  expect(fitResult({ outcome: { ...taken, providerMessageId }, ...around })).toEqual({
    outcome: { ...taken, providerMessageId: null },
    ...around,
  });
  const [bad, good] = [providerMessageId, '7'].map((id) => ({
    providerMessageId: id,
    state: 'failed' as const,
    providerCode: null,
  }));
  expect(fitReports([bad, good].filter((one) => one !== undefined))).toEqual([good]);
});

test.for([...odd, 'x'.repeat(101)])('a code that does not fit is none: %j', (providerCode) => {
  expect(fitResult({ outcome: { ...refused, providerCode }, ...around })).toEqual({
    outcome: { ...refused, providerCode: null },
    ...around,
  });
  const report = { providerMessageId: '7', state: 'failed', providerCode } as const;
  expect(fitReports([report])).toEqual([{ ...report, providerCode: null }]);
});

test.for(['0', '-0.00750', '9'.repeat(40)])('an amount is a number: %s', (amount) => {
  expect(fitCost({ ...cost, amount })).toEqual({ ...cost, amount });
});

test.for([...odd, '9'.repeat(41), '1e21', 'NaN', '1,450', ' 7', '7\n', '.5', '۷'])(
  'an amount that is no number is none: %j',
  (amount) => {
    expect(fitCost({ ...cost, amount })).toBeNull();
    const { outcome } = fitResult({ outcome: { ...taken, cost: { ...cost, amount } }, ...around });
    expect(outcome).toStrictEqual({ outcome: 'accepted', providerMessageId: 'SM01', parts: 2 });
  },
);

test.for([0, -1, 1.5, 1_001, Number.NaN, Infinity])(
  'a number of parts that cannot be is none: %d',
  (parts) => {
    const { outcome } = fitResult({ outcome: { ...taken, parts }, ...around });
    expect(outcome).toStrictEqual({ outcome: 'accepted', providerMessageId: 'SM01', cost });
  },
);
