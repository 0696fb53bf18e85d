import { expect, test } from 'vitest';
import type { ProviderMessage } from '../src/provider.ts';
import { canBe } from '../src/providers/lost-text.ts';

const to = '+989121110001';
const text = (words: string): ProviderMessage => ({ kind: 'text', to, ref: '1', text: words });
const template = (...values: string[]): ProviderMessage => ({
  kind: 'template',
  to,
  ref: '1',
  template: 'login-otp',
  values: values.map((value, i) => ({ name: String(i), value })),
});

test.each<[string, ProviderMessage, string, boolean]>([
  ['the same words', text('سلام دنیا'), ' سلام  دنیا\n', true],
  ['words around them', text('سلام'), 'سلام دنیا', false],
  ['no words', text('سلام'), '', false],
  ['no words on both sides', text(' '), '', false],
  ['all values', template('48213', 'سارا کریمی'), 'سارا  کریمی، کد: 48213', true],
  ['some values', template('48213', 'سارا'), 'کد: 48213', false],
  ['a blank value with another', template('48213', ' '), 'کد: 48213', true],
  ['no value at all', template(), 'کد: 48213', false],
  ['blank values alone', template('', ' '), 'کد: 48213', false],
])('a listed text with %s', (_, message, listed, outcome) => {
  expect(canBe(message, listed)).toBe(outcome);
});
