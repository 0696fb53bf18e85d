import { expect, test } from 'vitest';
import { outcomeOfFailure, outcomeOfStatus, readJson } from '../src/http.ts';

test.each<[string, unknown]>([
  ['{"id":4707200000000000161}', { id: '4707200000000000161' }],
  ['[-4707200000000000161,1234567890123456]', ['-4707200000000000161', '1234567890123456']],
  ['[9007199254740993 , 1]', ['9007199254740993', 1]],
  ['123456789012345', 123_456_789_012_345],
  ['{"cost":0.1000000000000000055}', { cost: 0.1 }],
  ['{"cost":1234567890123456.5}', { cost: 1_234_567_890_123_456.5 }],
  ['{"cost":1234567890123456e2}', { cost: 123_456_789_012_345_600 }],
  ['{"cost":1.5e-0000000000000002}', { cost: 0.015 }],
  [
    '{"text":"4707200000000000161, \\"4707200000000000161\\""}',
    { text: '4707200000000000161, "4707200000000000161"' },
  ],
  ['{"4707200000000000161":"\\\\"}', { '4707200000000000161': '\\' }],
  ['\uFEFF{"a":1}', { a: 1 }],
  [' {"a":1}\n', { a: 1 }],
  ['null', null],
  ['', undefined],
  ['{"a":1', undefined],
  ['{"a":"1', undefined],
  ['<html></html>', undefined],
  ['0123456789012345678', undefined],
  ['{"a":1}{"a":1}', undefined],
  ['['.repeat(200_000), undefined],
])('JSON is read: %.60s', (text, value) => {
  expect(readJson(text)).toEqual(value);
});

test('JSON that is built to take long does not', () => {
  const before = performance.now();
  for (const piece of ['"', '\\"', '"\\', '1', '"1', ',1234567890123456', '\\\\"']) {
    readJson(piece.repeat(300_000));
    readJson(`"${piece.repeat(300_000)}.`);
  }
  expect(performance.now() - before).toBeLessThan(5_000);
});

test('failures and statuses have outcomes', () => {
  expect(outcomeOfFailure({ failed: 'not-sent' })).toEqual({
    outcome: 'rejected',
    scope: 'provider',
    error: 'busy',
    providerCode: null,
  });
  expect(outcomeOfFailure({ failed: 'lost', reason: 'reset' })).toEqual({
    outcome: 'unknown',
    reason: 'reset',
  });
  const reasons = [200, 302, 404, 408, 499, 500, 503, 599, 600].map(
    (status) => outcomeOfStatus(status)?.reason ?? null,
  );
  const broken = 'http-5xx';
  expect(reasons).toEqual([null, null, null, 'timeout', null, broken, broken, broken, null]);
});
