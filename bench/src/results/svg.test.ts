import { expect, test } from 'vitest';
import { plotRows, scale } from './svg.ts';

test.for([
  [5, 10, 100, 50],
  [0, 10, 100, 0],
  [12, 10, 100, 100],
  [-1, 10, 100, 0],
  [5, 0, 100, 0],
  [Number.NaN, 10, 100, 0],
] as const)('%d of %d on %d pixels', ([value, largest, pixels, expected]) => {
  expect(scale(value, largest, pixels)).toBe(expected);
});

test('a plot has a bar for each side and a line for each bound', () => {
  const row = { work: '`a` < b', unit: 'ms', baseline: 2, ours: 3, target: 'me' } as const;
  const svg = plotRows('one', [row]);
  expect(svg.match(/<rect class="(?:baseline|ours)"/g)).toHaveLength(2);
  expect(svg.match(/<line class="mark"/g)).toHaveLength(2);
  expect(svg).toContain('a &lt; b');
});
