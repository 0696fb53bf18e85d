/** The GSM 7-bit default alphabet (3GPP TS 23.038, section 6.2.1). */
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Its extension: each takes an escape and counts twice. */
const extended = new Set('^{}\\[~]|€\f');

const sizes = { 'GSM-7': { single: 160, part: 153 }, 'UCS-2': { single: 70, part: 67 } } as const;

export interface TextParts {
  encoding: 'GSM-7' | 'UCS-2';
  /** Septets, or UTF-16 code units. */
  units: number;
  parts: number;
}

/**
 * How a text is cut into SMS (3GPP TS 23.040: parts of a long one carry a header). One character
 * outside the GSM alphabet, a Persian digit for example, makes the whole text UCS-2. Neither an
 * escape nor a surrogate pair is cut in two. An estimate: what the provider counts is what costs.
 */
export function countParts(text: string): TextParts {
  // By code points: a pair of surrogates is one character of two units.
  const characters = Array.from(text);
  const isGsm = characters.every((one) => basic.has(one) || extended.has(one));
  const encoding = isGsm ? 'GSM-7' : 'UCS-2';
  const lengths = characters.map((one) => (extended.has(one) && isGsm ? 2 : one.length));
  const units = lengths.reduce((sum, length) => sum + length, 0);
  const { single, part } = sizes[encoding];
  return { encoding, units, parts: units <= single ? 1 : cut(lengths, part) };
}

function cut(lengths: readonly number[], part: number): number {
  let parts = 1;
  let filled = 0;
  for (const length of lengths) {
    if (filled + length > part) {
      parts += 1;
      filled = 0;
    }
    filled += length;
  }
  return parts;
}
