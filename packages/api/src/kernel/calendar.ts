/** A day of the Gregorian calendar. */
export interface CalendarDay {
  year: number;
  /** 1–12. */
  month: number;
  day: number;
}

/** Reads `YYYY-MM-DD`; the contract's schema has made sure that there is such a day. */
export function readDay(text: string): CalendarDay {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
  return { year, month, day };
}

/** Which day it is at an instant, in a time zone of the IANA database. */
export function dayIn(timeZone: string, now: Date): CalendarDay {
  // The Swedish way of writing dates is YYYY-MM-DD.
  return readDay(new Intl.DateTimeFormat('sv-SE', { timeZone }).format(now));
}

/**
 * Full years between a birthday and a day; negative before the birth. Somebody born on 29 February
 * is a year older on 1 March where a year has no such day.
 */
export function ageOn(birthday: CalendarDay, today: CalendarDay): number {
  const hadBirthday =
    today.month > birthday.month || (today.month === birthday.month && today.day >= birthday.day);
  return today.year - birthday.year - (hadBirthday ? 0 : 1);
}
