import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { isCommonPassword } from './password.common.ts';
import { delayAfter, weaknesses } from './password.rules.ts';

const { minLength, maxLength } = defaultConfig.password;
const about = [
  'Sara',
  'Ahmadi Nejad',
  'نیلوفر',
  'علی',
  '+989121234567',
  's.moradi_84@post.example.com',
  'Chapar',
];
const facts = { minLength, maxLength, isCommon: isCommonPassword, about };

test.for([
  // Any composition will do, as long as it is not too short.
  ['correct horse battery staple', []],
  ['lmnrtvwx', []],
  ['!!!!!!!!', []],
  ['        ', []],
  ['گذرواژه‌ی خوب من', []],
  ['', ['too-short']],
  ['rtv wxl', ['too-short']],
  ['rtv wxlm', []],
  ['x'.repeat(127), []],
  ['xy'.repeat(64), []],
  [`${'xy'.repeat(64)}z`, ['too-long']],
  // Code points count: each of these is one character and two code units.
  ['🦁🐯🐻🐨🐼🐸🐵', ['too-short']],
  ['🦁🐯🐻🐨🐼🐸🐵🐔', []],
  ['🦁'.repeat(128), []],
  ['🦁'.repeat(129), ['too-long']],
  ['83519274', ['digits-only']],
  ['۸۳۵۱۹۲۷۴', ['digits-only']],
  ['٨٣٥١٩٢٧٤', ['digits-only']],
  ['8351۹۲۷٤', ['digits-only']],
  ['8351927x', []],
  ['8351 9274', []],
  ['12345678', ['digits-only', 'common']],
  ['qwerty', ['too-short', 'common']],
  ['password1', ['common']],
  ['PassWord1', ['common']],
  ['1qaz2wsx', ['common']],
  ['iran1234', ['common']],
  ['Khodaya1', ['common']],
  ['esteghlal', ['common']],
  // Nothing but the list itself: what was made of a common one is not looked for.
  ['password1!kx', []],
] as const)('what is weak about %j', ([password, expected]) => {
  expect(weaknesses(password, facts)).toEqual(expected);
});

test.for([
  'my-SARA-lion',
  's.a-r_a lion',
  'ahmadinejad7',
  'Ahmadi-Nejad-7',
  'xxAHMADIxx',
  'xx-Nejad-xx',
  'xx نیلوفر xx',
  'نیلو‌فر۱۳۷۰',
  'chapar2026',
  // The phone number, however it is dialled and whatever stands between the digits.
  'k989121234567',
  'k+989121234567',
  'k00989121234567',
  'k09121234567',
  'k9121234567',
  'k۰۹۱۲۱۲۳۴۵۶۷',
  'k٠٩١٢١٢٣٤٥٦٧',
  'k0912-123-4567',
  // The e-mail address: whole, local part, domain, and a part of it.
  's.moradi_84@post.example.com',
  's.moradi_84',
  'SMoradi84!!',
  'moradi rtvwx',
  'my example rtv',
  'moradi_84@post.ex',
])('%j is made of what others know', (password) => {
  expect(weaknesses(password, facts)).toEqual(['personal']);
});

test.for([
  // Words of fewer than four characters are in too many good passwords.
  'علی کوه دریا',
  'rtvwx.com',
  // Another number, and one that only begins like it.
  'k09127654321',
  'k0912123456',
  'saturday lion',
])('%j is not made of what others know', (password) => {
  expect(weaknesses(password, facts)).toEqual([]);
});

test('a word that is empty or without letters says nothing about a password', () => {
  const words = ['', ' ', '@', '+', '----', '.@.', '+98', 'a@b'];
  expect(weaknesses('rtv wxlm', { ...facts, about: words })).toEqual([]);
  expect(weaknesses('????????', { ...facts, about: words })).toEqual([]);
});

/** Any sequence of UTF-16 code units, halves of pairs included. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
);

test('any text is measured, each weakness is named once, and long random text has none', () => {
  fc.assert(
    fc.property(anyText, fc.array(anyText), (password, words) => {
      const found = weaknesses(password, { ...facts, about: words });
      expect(new Set(found).size).toBe(found.length);
      const length = Array.from(password).length;
      expect(found.includes('too-short')).toBe(length < minLength);
      expect(found.includes('too-long')).toBe(length > maxLength);
    }),
  );
});

test('a word of four letters is found wherever it stands, in any case', () => {
  const word = fc.string({
    unit: fc.constantFrom(...'abcdefgh'.split('')),
    minLength: 4,
    maxLength: 20,
  });
  fc.assert(
    fc.property(word, fc.string(), fc.string(), (name, before, after) => {
      const password = before + name.toUpperCase() + after;
      expect(weaknesses(password, { ...facts, about: [name] })).toContain('personal');
    }),
  );
});

const limits = { firstDelaySeconds: 1, longestDelaySeconds: 900 };

test.for([
  [0, 0],
  [1, 1],
  [2, 2],
  [3, 4],
  [4, 8],
  [10, 512],
  [11, 900],
  [12, 900],
  [2_147_483_647, 900],
] as const)('after %i failures the wait is %i seconds', ([failures, seconds]) => {
  expect(delayAfter(failures, limits)).toBe(seconds);
});

test('the wait never shrinks with another failure, and never exceeds the longest', () => {
  const some = fc.record({
    firstDelaySeconds: fc.integer({ min: 0, max: 3_600 }),
    longestDelaySeconds: fc.integer({ min: 0, max: 86_400 }),
  });
  fc.assert(
    fc.property(fc.nat(), some, (failures, those) => {
      const wait = delayAfter(failures, those);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(those.longestDelaySeconds);
      expect(delayAfter(failures + 1, those)).toBeGreaterThanOrEqual(wait);
    }),
  );
});
