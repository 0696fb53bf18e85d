import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countParts } from '../src/parts.ts';

const emoji = '😀';

test.each<[string, string, 'GSM-7' | 'UCS-2', number, number]>([
  ['a code', 'Code: 12345', 'GSM-7', 11, 1],
  ['160 letters', 'A'.repeat(160), 'GSM-7', 160, 1],
  ['161 letters', 'A'.repeat(161), 'GSM-7', 161, 2],
  ['306 letters', 'A'.repeat(306), 'GSM-7', 306, 2],
  ['307 letters', 'A'.repeat(307), 'GSM-7', 307, 3],
  ['80 braces', '{'.repeat(80), 'GSM-7', 160, 1],
  ['81 braces', '{'.repeat(81), 'GSM-7', 162, 2],
  ['70 Persian letters', 'س'.repeat(70), 'UCS-2', 70, 1],
  ['71 Persian letters', 'س'.repeat(71), 'UCS-2', 71, 2],
  ['134 Persian letters', 'س'.repeat(134), 'UCS-2', 134, 2],
  ['135 Persian letters', 'س'.repeat(135), 'UCS-2', 135, 3],
  ['159 letters and a Persian digit', `${'A'.repeat(159)}۱`, 'UCS-2', 160, 3],
  ['70 letters and a Persian digit', `${'A'.repeat(70)}۱`, 'UCS-2', 71, 2],
  ['35 emoji', emoji.repeat(35), 'UCS-2', 70, 1],
  ['36 emoji', emoji.repeat(36), 'UCS-2', 72, 2],
  ['an emoji at a seam', `${'س'.repeat(66)}${emoji}${'س'.repeat(66)}`, 'UCS-2', 134, 3],
  ['an escape at a seam', `${'A'.repeat(152)}{${'A'.repeat(152)}`, 'GSM-7', 306, 3],
  ['an opt-out that fits', `${'س'.repeat(64)}\nلغو11`, 'UCS-2', 70, 1],
  ['an opt-out that does not', `${'س'.repeat(65)}\nلغو11`, 'UCS-2', 71, 2],
  ['a code in Persian', 'کد تأیید شما: ۱۲۳۴۵', 'UCS-2', 19, 1],
  ['a joiner', 'a\u200cb', 'UCS-2', 3, 1],
  ['curly quotes', '“a”', 'UCS-2', 3, 1],
  ['900 Persian letters', 'س'.repeat(900), 'UCS-2', 900, 14],
  ['half a pair', '\ud83d', 'UCS-2', 1, 1],
  ['nothing', '', 'GSM-7', 0, 1],
])('%s', (_, text, ...counted) => {
  const [encoding, units, parts] = counted;
  expect(countParts(text)).toEqual({ encoding, units, parts });
});

test('the GSM alphabet has 127 characters, and ten that count twice', () => {
  const all = Array.from({ length: 0x10_000 }, (_, unit) => countParts(String.fromCharCode(unit)));
  const gsm = all.filter(({ encoding }) => encoding === 'GSM-7');
  expect(gsm.filter(({ units }) => units === 1)).toHaveLength(127);
  expect(gsm.filter(({ units }) => units === 2)).toHaveLength(10);
});

test('parts hold the text, and one part fewer would not', () => {
  const letters = fc.constantFrom('A', '{', '€', 'س', '۱', emoji, '\n');
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 900 }), (text) => {
      const { encoding, units, parts } = countParts(text);
      const [single, part] = encoding === 'GSM-7' ? [160, 153] : [70, 67];
      expect(parts === 1).toBe(units <= single);
      expect(units).toBeLessThanOrEqual(parts === 1 ? single : parts * part);
      // A pair that does not fit leaves one unit of a part empty.
      expect(units).toBeGreaterThan(parts === 1 ? -1 : (parts - 1) * (part - 1));
    }),
  );
});
