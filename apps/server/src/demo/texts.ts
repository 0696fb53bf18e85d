import type { Dice } from './dice.ts';
import type { Words } from './words.list.ts';
import { languages, type Language } from './words.ts';

/** A sentence cut at its slots: text, slot, text, slot … text. */
type Cut = readonly string[];

const slot = /\{(\w+)\}/;
const cuts = new Map<string, Cut>();

function cut(sentence: string): Cut {
  const known = cuts.get(sentence);
  if (known) {
    return known;
  }
  const made = sentence.split(slot);
  cuts.set(sentence, made);
  return made;
}

/** A sentence with a word for each slot. */
function fill(dice: Dice, words: Words, sentence: string): string {
  const parts = cut(sentence);
  let text = parts[0] ?? '';
  for (let i = 1; i < parts.length; i += 2) {
    const name = parts[i] ?? '';
    const choices = name === 'last' ? words.lastNames : words.slots[name];
    text += dice.pick(choices ?? ['']) + (parts[i + 1] ?? '');
  }
  return text;
}

/** Of messages, in this order: a word or two, one sentence, two, several. */
const shares = { short: 0.28, one: 0.74, two: 0.92 };
const mostSentences = 4;

/** What somebody says. */
export function say(dice: Dice, language: Language): string {
  const words = languages[language];
  const roll = dice.roll();
  if (roll < shares.short) {
    return dice.pick(words.short);
  }
  let count = 1;
  if (roll >= shares.two) {
    count = 3 + dice.below(mostSentences);
  } else if (roll >= shares.one) {
    count = 2;
  }
  const said = Array.from({ length: count }, () => fill(dice, words, dice.pick(words.sentences)));
  return said.join(count > 2 ? '.\n' : '. ');
}

const capital = /^\p{Ll}/u;

/** A title, with its first letter as a title has it. */
export function entitle(
  dice: Dice,
  language: Language,
  of: 'groups' | 'channels' | 'organizations',
): string {
  const words = languages[language];
  const title = fill(dice, words, dice.pick(words[of]));
  return title.replace(capital, (letter) => letter.toUpperCase());
}
