import { expect, test } from 'vitest';
import { parsePhone } from './phone.ts';

test.for([
  ['09121234567', '+989121234567', 'IR'],
  ['9121234567', '+989121234567', 'IR'],
  ['989121234567', '+989121234567', 'IR'],
  ['00989121234567', '+989121234567', 'IR'],
  ['+989121234567', '+989121234567', 'IR'],
  ['+9809121234567', '+989121234567', 'IR'],
  // A prefix that no operator has today is a number like any other.
  ['09991234567', '+989991234567', 'IR'],
  ['+447400123456', '+447400123456', 'GB'],
  ['0012025550123', '+12025550123', 'US'],
  // Of no country: satellites.
  ['+88312345678', '+88312345678', undefined],
] as const)('%s is the number %s of %s', ([typed, e164, country]) => {
  expect(parsePhone(typed, 'IR')).toEqual({ e164, country });
});

test.for([
  '',
  '+',
  '0',
  '00',
  '0912',
  '0912123456',
  '091212345678',
  '02188776655',
  '+982188776655',
  '+98912345',
  '+0123456789',
  '+999123456789',
  '1'.repeat(40),
])('%j is no number', (typed) => {
  expect(parsePhone(typed, 'IR')).toBeNull();
});
