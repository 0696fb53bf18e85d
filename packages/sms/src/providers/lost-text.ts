import type { ProviderMessage } from '../provider.ts';

/**
 * How long before the attempt a search begins, in seconds: one, because providers date messages in
 * whole seconds, and nine for their clock. Even one that is set once a day goes wrong by less (100
 * millionths of a day are 8.6 s). What was taken before that is another message.
 */
export const searchBackSeconds = 10;

/**
 * Whether a text in a provider's list can be a lost message. Of a template only the values are
 * known; white space is left out, because providers trim. A list without the text says nothing, and
 * neither does a template without values, whose words are not known here.
 */
export function canBe(message: ProviderMessage, text: string): boolean {
  const listed = bare(text);
  if (message.kind === 'text') {
    return listed !== '' && listed === bare(message.text);
  }
  const marks = message.values.map(({ value }) => bare(value)).filter((value) => value !== '');
  return marks.length > 0 && marks.every((value) => listed.includes(value));
}

function bare(text: string): string {
  return text.normalize('NFC').replaceAll(/\s/g, '');
}
