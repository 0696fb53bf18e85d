import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultConfig, smsTemplates, type ApiConfig } from '@chapar/api';
import type { TemplateBook } from '@chapar/sms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../src/env.ts';
import { loadTemplates } from '../src/gateways/sms/templates.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'chapar-templates-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Loads a file that holds this. */
async function load(content: unknown, config: ApiConfig = defaultConfig): Promise<TemplateBook> {
  const file = path.join(folder, 'templates.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return loadTemplates(file, config);
}

const slots = (...names: string[]) => names.map((name, i) => ({ variable: name, name: `${i}` }));
const codeVersion = (template: string) => ({ fa: { template, slots: slots('code') } });
const order = {
  texts: { fa: '{name}، سفارش {number} رسید', en: '{name}, order {number} has come' },
  providers: {
    'parsian-webco': { fa: { template: '17', slots: slots('name', 'number') } },
    'meli-payamak': {
      fa: { template: '123456', slots: slots('name', 'number') },
      en: { template: '123457', slots: slots('number', 'name') },
    },
  },
};

describe('what there is', () => {
  test('without a file: the product’s own words, as texts', async () => {
    const book = await loadTemplates(null, defaultConfig);
    const names = smsTemplates(defaultConfig).map(({ name }) => name);
    expect(book.names).toEqual(names);
    expect(names).toEqual(
      expect.arrayContaining([
        'otp.login',
        'otp.register',
        'otp.reset-password',
        'otp.change-phone',
        'otp.confirm',
        'notice.phone-changed',
      ]),
    );
    const values = { code: '482130' };
    expect(book.render('otp.login', 'fa', values)).toContain('482130');
    const asked = { name: 'otp.login', language: 'fa' as const, values };
    expect(book.forProvider('kavenegar', asked)).toBeNull();
  });

  test('M11: templates of one’s own, by the ids of each provider', async () => {
    const names = ['T1', 'T2', 'T9', 'shop.order-sent_2'];
    const book = await load(Object.fromEntries(names.map((name) => [name, order])));
    expect(book.names).toEqual(expect.arrayContaining(names));
    const values = { name: 'سارا', number: '7' };
    expect(book.render('T1', 'fa', values)).toBe('سارا، سفارش 7 رسید');
    const version = (provider: string, language: 'fa' | 'en') =>
      book.forProvider(provider, { name: 'T9', language, values });
    expect(version('parsian-webco', 'fa')?.template).toBe('17');
    expect(version('meli-payamak', 'en')).toEqual({
      template: '123457',
      values: [
        { name: '0', value: '7' },
        { name: '1', value: 'سارا' },
      ],
    });
    expect(version('parsian-webco', 'en')).toBeNull();
  });

  test('M11: `otp` is for every code that has no providers of its own', async () => {
    const book = await load({
      otp: { providers: { kavenegar: codeVersion('any-code') } },
      'otp.register': { providers: { 'sms-ir': codeVersion('100') } },
    });
    expect(book.names).toHaveLength(smsTemplates(defaultConfig).length);
    const versionOf = (provider: string, name: string) =>
      book.forProvider(provider, { name, language: 'fa', values: { code: '1' } })?.template;
    expect(versionOf('kavenegar', 'otp.login')).toBe('any-code');
    expect(versionOf('kavenegar', 'otp.confirm')).toBe('any-code');
    expect(versionOf('kavenegar', 'otp.register')).toBeUndefined();
    expect(versionOf('sms-ir', 'otp.register')).toBe('100');
  });

  test('the example of the README', async () => {
    const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
    const example = /```json\n(.*?\n)```/s.exec(readme)?.[1] ?? '';
    const book = await load(example);
    expect(book.names).toContain('T1');
    const asked = { name: 'otp.login', language: 'fa' as const, values: { code: '482130' } };
    expect(book.forProvider('kavenegar', asked)?.template).toBe('login-otp');
  });

  test('the line for phones that read codes is no second slot', async () => {
    const config = {
      ...defaultConfig,
      otp: { ...defaultConfig.otp, webDomain: 'app.chapar.example' },
    };
    const book = await load({ otp: { providers: { kavenegar: codeVersion('code') } } }, config);
    const text = book.render('otp.login', 'en', { code: '482130' });
    expect(text).toContain('@app.chapar.example #482130');
  });
});

async function complaintOf(loading: Promise<unknown>): Promise<string> {
  const error: unknown = await loading.catch((error_: unknown) => error_);
  expect(error).toBeInstanceOf(ConfigError);
  return error instanceof Error ? error.message : '';
}

const texts = { fa: 'سلام {name}', en: 'Hello {name}' };
const hello = (version: object) => ({ T1: { texts, providers: { kavenegar: version } } });

describe('what stops the start', () => {
  test('a file that is not there', async () => {
    const missing = path.join(folder, 'nowhere.json');
    expect(await complaintOf(loadTemplates(missing, defaultConfig))).toBe(
      'SMS_TEMPLATES_FILE: cannot be read (ENOENT)',
    );
    expect(await complaintOf(loadTemplates(folder, defaultConfig))).toContain('EISDIR');
  });

  test.for<[string, unknown, RegExp]>([
    ['no JSON', '{ "T1": ', /is not JSON$/],
    ['no object', '[]', /expected record/],
    ['a wrong name', { '1T': { texts } }, /1T: .*a letter first/],
    ['a long name', { [`T${'x'.repeat(40)}`]: { texts } }, /1 to 40/],
    ['no texts', { T1: {} }, /T1: texts: missing$/],
    ['one language', { T1: { texts: { fa: 'سلام' } } }, /T1: texts: en: /],
    ['more than there is', { T1: { texts, sender: '1' } }, /T1: .*sender/],
    ['a brace too many', { T1: { texts: { fa: 'a {1}', en: 'a' } } }, /T1: texts: fa: has a brace/],
    ['variables that differ', { T1: { texts: { fa: '{a}', en: '{b}' } } }, /T1: .*different vari/],
    [
      'an unknown provider',
      { T1: { texts, providers: { pigeon: {} } } },
      /T1: providers: .*pigeon/,
    ],
    ['a provider of texts', { T1: { texts, providers: { webhook: {} } } }, /T1: .*webhook/],
    ['an unknown language', hello({ de: { template: 'a', slots: [] } }), /T1: .*kavenegar: .*de/],
    ['no slots', hello({ fa: { template: 'a' } }), /T1: providers: kavenegar: fa: slots/],
    [
      'a slot too few',
      hello({ fa: { template: 'a', slots: [] } }),
      /T1: slots of kavenegar \(fa\)/,
    ],
    [
      'no name there',
      hello({ fa: { template: '', slots: slots('name') } }),
      /kavenegar: fa: templ/,
    ],
    ['words for ours', { 'otp.login': { texts } }, /otp\.login: texts: the words are Chapar's own/],
    ['words for codes', { otp: { texts } }, /otp: texts: the words are Chapar's own/],
    [
      'a wrong slot of codes',
      { otp: { providers: { kavenegar: { fa: { template: 'a', slots: slots('token') } } } } },
      /^SMS_TEMPLATES_FILE: otp: slots of kavenegar \(fa\) must be code$/,
    ],
    ['misspelt codes', { 'otp.logn': { providers: {} } }, /otp\.logn: texts: missing/],
    [
      'a text that is too long even with empty values',
      { T1: { texts: { fa: 'ا'.repeat(291), en: 'a' } } },
      /T1: is longer than SMS_MAX_LENGTH=290$/,
    ],
  ])('%s', async ([, content, complaint]) => {
    const message = await complaintOf(load(content));
    expect(message).toMatch(/^SMS_TEMPLATES_FILE: /);
    expect(message).toMatch(complaint);
    expect(message).not.toContain('\n');
  });

  test('a length that is too little for the product’s own words', async () => {
    const config = { ...defaultConfig, sms: { ...defaultConfig.sms, maxLength: 20 } };
    expect(await complaintOf(loadTemplates(null, config))).toMatch(
      /^SMS_MAX_LENGTH: is too little for otp\.login, which has \d+ characters$/,
    );
  });
});
