import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { readDay } from '../../kernel/calendar.ts';
import { refuseBirthday } from './user.rules.ts';

const { account } = defaultConfig;

test.for([
  ['2026-11-21', '2026-11-20', 'birthday-future'],
  ['2026-12-01', '2026-11-20', 'birthday-future'],
  ['2027-01-01', '2026-11-20', 'birthday-future'],
  ['9999-12-31', '2026-11-20', 'birthday-future'],
  // Born today is not in the future.
  ['2026-11-20', '2026-11-20', 'birthday-young'],
  ['2026-11-19', '2026-11-20', 'birthday-young'],
  ['2012-11-21', '2026-11-20', 'birthday-young'],
  ['2012-12-01', '2026-11-20', 'birthday-young'],
  ['2012-11-20', '2026-11-20', null],
  ['2012-11-19', '2026-11-20', null],
  ['1990-01-01', '2026-11-20', null],
  ['1906-11-20', '2026-11-20', null],
  ['1905-11-21', '2026-11-20', null],
  ['1905-11-20', '2026-11-20', 'birthday-old'],
  ['0001-01-01', '2026-11-20', 'birthday-old'],
  // Who was born on a day that this year does not have is older on the next one.
  ['2012-02-29', '2026-02-28', 'birthday-young'],
  ['2012-02-29', '2026-03-01', null],
  ['2016-02-29', '2030-02-28', 'birthday-young'],
  ['2014-02-28', '2028-02-28', null],
  ['2014-03-01', '2028-02-29', 'birthday-young'],
  ['1904-02-29', '2025-02-28', null],
  ['1904-02-29', '2025-03-01', 'birthday-old'],
] as const)('A35: the birthday %s on %s: %s', ([birthday, today, reason]) => {
  expect(refuseBirthday(birthday, readDay(today), account)).toBe(reason);
});

test.for([
  ['2008-11-21', 'birthday-young'],
  ['2008-11-20', null],
  ['1960-11-21', null],
  ['1926-11-20', null],
  ['1925-11-20', 'birthday-old'],
] as const)('A35: from 18 to 100 years, %s: %s', ([birthday, reason]) => {
  const limits = { minAge: 18, maxAge: 100 };
  expect(refuseBirthday(birthday, readDay('2026-11-20'), limits)).toBe(reason);
});
