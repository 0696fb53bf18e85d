import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { access } from '../packages/api/src/testing/access.ts';
import { errorsPage } from './errors-page.ts';

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

test('docs/errors.md is what `npm run docs` writes', () => {
  expect(read('docs/errors.md')).toBe(errorsPage());
});

test('the README lists every procedure and who may call it', () => {
  const who = {
    anybody: 'open',
    'signed in': 'signedIn',
    'signed in lately': 'fresh',
    staff: 'staff',
    'staff or service': 'staffOrService',
    admin: 'admin',
  };
  const rows = [...read('README.md').matchAll(/^\| `(\w+\.\w+)` \| \w+ \| ([a-z ]+) \|/gm)];
  const listed = rows.map(([, path, caller]) => [path, who[caller as keyof typeof who]]);
  expect(Object.fromEntries(listed)).toEqual(access);
});
