import { Dice } from './dice.ts';
import type { DemoSize } from './size.ts';
import { areaCodes, languages, type Language } from './words.ts';

/** Somebody of the demo data. */
export interface DemoPerson {
  id: string;
  /** E.164, of the numbers that are kept for fiction. */
  phone: string;
  /** Of a domain that is kept for examples (RFC 2606). */
  email: string;
  language: Language;
  firstName: string;
  lastName: string;
  showsReceipts: boolean;
  createdMs: number;
}

const dayMs = 86_400_000;
const oldestDays = 400;
const youngestDays = 100;
const persianPart = 0.65;
const hidingPart = 0.05;
const numbersPerArea = 100;

/** Everybody, in their order. The first one is whom the reader of the demo signs in as. */
export function makePeople({ seed, people, endsAt }: DemoSize): DemoPerson[] {
  return Array.from({ length: people }, (_, n) => {
    const dice = new Dice(seed, 'person', n);
    const days = youngestDays + dice.roll() * (oldestDays - youngestDays);
    const createdMs = Math.floor(endsAt.getTime() - days * dayMs);
    const language: Language = n === 0 || dice.chance(persianPart) ? 'fa' : 'en';
    const area = areaCodes[Math.floor(n / numbersPerArea)] ?? '';
    return {
      id: dice.id(createdMs),
      phone: `+1${area}55501${String(n % numbersPerArea).padStart(2, '0')}`,
      email: `demo${n}@example.com`,
      language,
      firstName: dice.pick(languages[language].firstNames),
      lastName: dice.pick(languages[language].lastNames),
      showsReceipts: n === 0 || !dice.chance(hidingPart),
      createdMs,
    };
  });
}
