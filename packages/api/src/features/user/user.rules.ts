import type { FieldErrorReason } from '@chapar/contract';
import { ageOn, readDay, type CalendarDay } from '../../kernel/calendar.ts';

/**
 * What is wrong with a birthday; null when nothing is. Somebody who becomes as old as the least
 * age today is old enough.
 *
 * @param birthday `YYYY-MM-DD`
 */
export function refuseBirthday(
  birthday: string,
  today: CalendarDay,
  { minAge, maxAge }: { minAge: number; maxAge: number },
): FieldErrorReason | null {
  const age = ageOn(readDay(birthday), today);
  if (age < 0) {
    return 'birthday-future';
  }
  if (age < minAge) {
    return 'birthday-young';
  }
  return age > maxAge ? 'birthday-old' : null;
}
