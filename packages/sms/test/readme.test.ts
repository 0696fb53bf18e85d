import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as sms from '../src/index.ts';
import * as fakes from '../src/testing/index.ts';
import { createKavenegar } from '../src/index.ts';
import { FakeKavenegar } from '../src/testing/index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the README names every provider and nothing that is not there', () => {
  const named = new Set([...readme.matchAll(/\b(?:create|Fake)[A-Z]\w+/g)].map(([name]) => name));
  const exported = new Set([...Object.keys(sms), ...Object.keys(fakes)]);
  expect([...named].filter((name) => !exported.has(name))).toEqual([]);
  const providers = Object.keys(sms).filter((name) => /^create(?!.*Client)/.test(name));
  expect(providers.filter((name) => !named.has(name))).toEqual([]);
});

test('the example with a fake does what it says', async () => {
  await using fake = await new FakeKavenegar().start();
  const provider = createKavenegar({ apiKey: 'any', url: fake.url });
  await provider.send({ kind: 'text', to: '+989121110001', ref: '1', text: 'سلام' });
  expect(fake.log[0]?.text).toBe('سلام');
});
