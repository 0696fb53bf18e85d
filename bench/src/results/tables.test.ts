import { expect, test } from 'vitest';
import type { Row } from './outcome.ts';
import { digits, targetTable } from './tables.ts';
import { judge, targets } from './targets.ts';

test.for([
  [1.15, 'aim met'],
  [1.16, 'met'],
  [1.4, 'met'],
  [1.41, 'missed'],
  [Number.NaN, 'missed'],
] as const)('at most: %d is %s', ([figure, verdict]) => {
  expect(judge(targets.me, figure)).toBe(verdict);
});

test.for([
  [1.2, 'aim met'],
  [0.8, 'met'],
  [0.79, 'missed'],
] as const)('at least: %d is %s', ([figure, verdict]) => {
  expect(judge(targets['send-throughput'], figure)).toBe(verdict);
});

test.for([
  [0.0321, '0.032'],
  [0.51, '0.51'],
  [8.4, '8.40'],
  [54.21, '54.2'],
  [1_234.5, '1235'],
  [Number.NaN, '–'],
] as const)('%d is written as %s', ([value, text]) => {
  expect(digits(value)).toBe(text);
});

test('a row is judged by its ratio, or by itself where nothing is compared', () => {
  const row = { work: 'w', unit: 'u', baseline: 2, ours: 3, target: 'me' } as const;
  const rows: Row[] = [row, { ...row, baseline: null, ours: 12, target: 'resume' }];
  expect(targetTable(rows).split('\n').slice(2)).toEqual([
    '| w | u | 2.00 | 3.00 | 1.50 | ≤ 1.4 × | ≤ 1.15 × | **missed** |',
    '| w | u | – | 12.0 | – | ≤ 30 | ≤ 10 | met |',
  ]);
});
