import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskMobile, normalizeMobile, toNational } from '../src/mobile.ts';

const national = fc.stringMatching(/^9[0-9]{9}$/);
const prefix = fc.constantFrom('', '0', '98', '0098', '+98', '＋98');
const digits = ['0123456789', '۰۱۲۳۴۵۶۷۸۹', '٠١٢٣٤٥٦٧٨٩', '０１２３４５６７８９'] as const;
const separators = [
  ' ',
  '\u00a0',
  '-',
  '–',
  '.',
  '/',
  '(',
  ')',
  '_',
  '\u200c',
  '\u200e',
  '\u2066',
  '\ufeff',
];

describe('a number', () => {
  test.each([
    '09121110001',
    '9121110001',
    '989121110001',
    '+989121110001',
    '00989121110001',
    '۰۹۱۲۱۱۱۰۰۰۱',
    '٠٩١٢١١١٠٠٠١',
    '０９１２１１１０００１',
    '+98 912 111 0001',
    '0912-111-0001',
    '(0912) 111.0001',
    '\u200e09121110001',
    '\u2066+98\u00a0912\u200c111\u00ad0001\u2069\n',
  ])('is read: %j', (typed) => {
    expect(normalizeMobile(typed)).toBe('+989121110001');
    expect(normalizeMobile(typed, { isLenient: true })).toBe('+989121110001');
  });

  test.each(['+98 (0)912 111 0001', '0098 0912 1110001', '98 0912 111 0001'])(
    'with a zero too many is forgiven where that is asked for: %s',
    (typed) => {
      expect(normalizeMobile(typed)).toBeNull();
      expect(normalizeMobile(typed, { isLenient: true })).toBe('+989121110001');
    },
  );

  test('may begin with 98 itself', () => {
    expect(normalizeMobile('9801234567')).toBe('+989801234567');
    expect(normalizeMobile('09801234567')).toBe('+989801234567');
    expect(normalizeMobile('989801234567')).toBe('+989801234567');
  });

  test.each([
    '+971501234567',
    '02112345678',
    '0912111000',
    '091211100011',
    '0912111000a',
    '',
    ' ',
    '+',
    '++989121110001',
    '98+9121110001',
    '009121110001',
    '00009121110001',
    '+9809809121110001',
    '+98009121110001',
    '989121110001989121110001',
    '०९१२१११०००१',
  ])('is not read: %j', (typed) => {
    expect(normalizeMobile(typed)).toBeNull();
    expect(normalizeMobile(typed, { isLenient: true })).toBeNull();
  });

  test('is read however it is written', () => {
    const spelling = fc.array(
      fc.tuple(fc.constantFrom(...digits), fc.constantFrom('', ...separators)),
      {
        minLength: 16,
        maxLength: 16,
      },
    );
    fc.assert(
      fc.property(national, prefix, spelling, (number, before, spelled) => {
        const typed = Array.from(before + number, (one, index) => {
          const [alphabet, separator] = spelled[index] ?? [digits[0], ''];
          return `${/\d/.test(one) ? (alphabet[Number(one)] ?? one) : one}${separator}`;
        }).join('');
        expect(normalizeMobile(typed)).toBe(`+98${number}`);
        expect(normalizeMobile(`+98${number}`)).toBe(`+98${number}`);
      }),
    );
  });

  test('is E.164 or nothing, whatever was typed', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[+0-9 ۰-۹-]{8,18}$/)),
        fc.boolean(),
        (typed, isLenient) => {
          expect(normalizeMobile(typed, { isLenient }) ?? '+989000000000').toMatch(
            /^\+989[0-9]{9}$/,
          );
        },
      ),
    );
  });
});

test('the national form begins with a zero', () => {
  expect(toNational('+989121110001')).toBe('09121110001');
  expect(toNational('+9809121110001')).toBe('009121110001');
  expect(toNational('+971501234567')).toBe('+971501234567');
});

test('a number in a log is not a number', () => {
  expect(maskMobile('+989121110001')).toBe('+98912***0001');
  expect(maskMobile('09121110001')).toBe('0912***0001');
  expect(maskMobile('10008000')).toBe('***');
  expect(maskMobile('')).toBe('***');
});
