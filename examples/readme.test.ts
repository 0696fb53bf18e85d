import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

test.for(['../README.md', '../README.fa.md'])('the example of %s is examples/readme.ts', (page) => {
  const [, body] = /\/\/ begin\n(.*)\/\/ end\n/s.exec(read('readme.ts')) ?? [];
  const [, block] = /```ts\n(.*?)```/s.exec(read(page)) ?? [];
  expect(body).toBeTruthy();
  expect(block).toBe(body);
});
