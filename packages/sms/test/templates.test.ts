import { expect, test } from 'vitest';
import { TemplateBook, TemplateError, type TemplateSpec } from '../src/templates.ts';

const otp: TemplateSpec = {
  name: 'otp',
  texts: { fa: 'کد شما: {code}', en: 'Your code: {code}' },
  providers: {
    kavenegar: { fa: { template: 'login-otp', slots: [{ variable: 'code', name: 'token' }] } },
  },
};

const order: TemplateSpec = {
  name: 'T1',
  texts: { fa: '{name}، سفارش {number} رسید', en: '{name}, order {number} has come' },
  providers: {
    'meli-payamak': {
      fa: {
        template: '123456',
        slots: [
          { variable: 'name', name: '1' },
          { variable: 'number', name: '2' },
        ],
      },
    },
  },
};

test('fills a template in both languages', () => {
  const book = new TemplateBook([otp, order]);
  expect(book.names).toEqual(['otp', 'T1']);
  expect(book.render('otp', 'fa', { code: '48213' })).toBe('کد شما: 48213');
  expect(book.render('T1', 'en', { name: 'Sara', number: '7' })).toBe('Sara, order 7 has come');
});

test('puts values into the slots of the provider, in its order', () => {
  const book = new TemplateBook([otp, order]);
  const values = { number: '7', name: 'سارا' };
  expect(book.forProvider('meli-payamak', { name: 'T1', language: 'fa', values })).toEqual({
    template: '123456',
    values: [
      { name: '1', value: 'سارا' },
      { name: '2', value: '7' },
    ],
  });
  expect(book.forProvider('meli-payamak', { name: 'T1', language: 'en', values })).toBeNull();
  expect(book.forProvider('kavenegar', { name: 'T1', language: 'fa', values })).toBeNull();
});

test('a value is data: it can bring in neither a variable nor a line', () => {
  const book = new TemplateBook([order]);
  const text = book.render('T1', 'en', { name: '{number}$&', number: '7' });
  expect(text).toBe('{number}$&, order 7 has come');
  for (const name of [
    'a\nb',
    'a\u0000b',
    'a\u2028b',
    'a\u2029b',
    'x'.repeat(101),
    '',
    // Half of an emoji, before and behind another character.
    '\ud83d!',
    '!\ude00',
    // Characters that turn the words behind them around.
    ...['\u202a', '\u202d', '\u202e', '\u2066', '\u2069'].map((turn) => `Sara${turn}`),
  ]) {
    expect(() => book.render('T1', 'en', { name, number: '7' })).toThrow(TemplateError);
  }
  for (const name of ['😀', 'سارا\u200c\u200fکریمی', '\u2065']) {
    expect(book.render('T1', 'en', { name, number: '7' })).toContain(name);
  }
  expect(() => book.render('T1', 'en', { number: '7' })).toThrow('no value for name');
  expect(() => book.render('T2', 'en', {})).toThrow('there is no template T2');
});

test('what every object has is no value', () => {
  const texts = { fa: '{constructor}', en: '{constructor}' };
  const slots = [{ variable: 'constructor', name: 'token' }];
  const providers = { kavenegar: { fa: { template: 'odd', slots } } };
  const book = new TemplateBook([{ name: 'odd', texts, providers }]);
  expect(() => book.render('odd', 'fa', {})).toThrow('no value for constructor');
  const asked = { name: 'odd', language: 'fa', values: {} } as const;
  expect(() => book.forProvider('kavenegar', asked)).toThrow('no value for constructor');
  const values = Object.fromEntries([['constructor', '7']]);
  expect(book.render('odd', 'fa', values)).toBe('7');
  expect(book.forProvider('constructor', { ...asked, values })).toBeNull();
});

test('a text has 290 characters at most, or as many as configured', () => {
  const long: TemplateSpec = { name: 'long', texts: { fa: 'س'.repeat(290), en: 'A'.repeat(291) } };
  const book = new TemplateBook([long]);
  expect(book.render('long', 'fa', {})).toHaveLength(290);
  expect(() => book.render('long', 'en', {})).toThrow('longer than 290');
  expect(new TemplateBook([long], { maxLength: 300 }).render('long', 'en', {})).toHaveLength(291);
});

test.for<[string, TemplateSpec[], string]>([
  ['twice', [otp, otp], 'otp: is there twice'],
  ['languages differ', [{ name: 'a', texts: { fa: '{x}', en: '{y}' } }], 'different variables'],
  [
    'a slot is missing',
    [{ ...otp, providers: { ghasedak: { fa: { template: 'otp', slots: [] } } } }],
    'slots of ghasedak (fa) must be code',
  ],
  [
    'no name',
    [
      {
        ...otp,
        providers: { x: { fa: { template: '', slots: [{ variable: 'code', name: 'c' }] } } },
      },
    ],
    'empty name',
  ],
])('is refused at the start: %s', ([, specs, complaint]) => {
  expect(() => new TemplateBook(specs)).toThrow(complaint);
});

test('estimates parts', () => {
  const book = new TemplateBook([otp]);
  expect(book.estimate('otp', 'fa', 5)).toBe(1);
});
