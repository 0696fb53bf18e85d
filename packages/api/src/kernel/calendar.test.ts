import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ageOn, dayIn, readDay } from './calendar.ts';

test.for([
  ['2026-11-20', { year: 2026, month: 11, day: 20 }],
  ['2000-02-29', { year: 2000, month: 2, day: 29 }],
  ['0987-01-09', { year: 987, month: 1, day: 9 }],
] as const)('reads %s', ([text, expected]) => {
  expect(readDay(text)).toEqual(expected);
});

test.for([
  ['Asia/Tehran', '2026-11-20T20:29:59.999Z', '2026-11-20'],
  ['Asia/Tehran', '2026-11-20T20:30:00.000Z', '2026-11-21'],
  ['UTC', '2026-11-20T23:59:59.999Z', '2026-11-20'],
  ['UTC', '2026-11-21T00:00:00.000Z', '2026-11-21'],
  ['Pacific/Kiritimati', '2026-11-20T10:00:00.000Z', '2026-11-21'],
  ['Pacific/Pago_Pago', '2026-11-21T10:59:59.999Z', '2026-11-20'],
  // Summer time: New York is four hours behind UTC in July, five in January.
  ['America/New_York', '2026-07-01T04:00:00.000Z', '2026-07-01'],
  ['America/New_York', '2026-01-01T04:00:00.000Z', '2025-12-31'],
  ['Asia/Tehran', '2028-02-28T20:30:00.000Z', '2028-02-29'],
  ['Asia/Tehran', '2026-12-31T20:30:00.000Z', '2027-01-01'],
] as const)('in %s at %s it is %s', ([zone, instant, day]) => {
  expect(dayIn(zone, new Date(instant))).toEqual(readDay(day));
});

test.for([
  ['2000-05-17', '2026-05-16', 25],
  ['2000-05-17', '2026-05-17', 26],
  ['2000-05-17', '2026-05-18', 26],
  ['2000-05-17', '2026-06-01', 26],
  ['2000-05-17', '2026-04-30', 25],
  ['2000-05-17', '2000-05-17', 0],
  ['2000-05-17', '2000-05-16', -1],
  ['2000-05-17', '1999-12-31', -1],
  ['2000-01-01', '1999-12-31', -1],
  ['2000-12-31', '2001-01-01', 0],
  ['2012-02-29', '2026-02-28', 13],
  ['2012-02-29', '2026-03-01', 14],
  ['2012-02-29', '2028-02-28', 15],
  ['2012-02-29', '2028-02-29', 16],
  ['2012-02-28', '2026-02-28', 14],
  ['2012-03-01', '2028-02-29', 15],
] as const)('somebody born on %s is on %s of the age %i', ([born, today, age]) => {
  expect(ageOn(readDay(born), readDay(today))).toBe(age);
});

test('with every day the age stays or grows by one, and it grows once a year', () => {
  const day = fc.date({
    min: new Date('1900-01-01'),
    max: new Date('2100-12-31'),
    noInvalidDate: true,
  });
  const ageAt = (born: Date, now: Date): number => ageOn(dayIn('UTC', born), dayIn('UTC', now));
  fc.assert(
    fc.property(day, day, (born, now) => {
      const next = new Date(now.getTime() + 86_400_000);
      expect([0, 1]).toContain(ageAt(born, next) - ageAt(born, now));
      const later = new Date(now);
      later.setUTCFullYear(now.getUTCFullYear() + 1);
      expect(ageAt(born, later) - ageAt(born, now)).toBe(1);
    }),
  );
});
