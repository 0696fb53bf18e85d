import type { ProviderMessage } from '../provider.ts';

/** How long before the attempt a search begins, in seconds: the provider's clock may be behind ours. */
export const searchBackSeconds = 60;

/**
 * Whether a text in a provider's list can be a lost message. Of a template only the values are
 * known; white space is left out, because providers trim.
 */
export function canBe(message: ProviderMessage, text: string): boolean {
  const listed = bare(text);
  return message.kind === 'text'
    ? listed === bare(message.text)
    : message.values.every(({ value }) => listed.includes(bare(value)));
}

function bare(text: string): string {
  return text.normalize('NFC').replaceAll(/\s/g, '');
}
