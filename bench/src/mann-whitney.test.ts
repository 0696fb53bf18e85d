import { describe, expect, test } from 'vitest';
import { mannWhitney, quantile, shiftInterval } from './mann-whitney.ts';

describe('the rank sum test gives what is published', () => {
  // Hollander and Wolfe (1973), page 69: permeability of membranes, without ties. The one-sided
  // probability of the approximation is 0.1103.
  test('for samples without ties', () => {
    const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    const early = [1.15, 0.88, 0.9, 0.74, 1.21];
    const { u, z, p } = mannWhitney(term, early);
    expect(u).toBe(35);
    expect(z).toBeCloseTo(1.2247, 4);
    expect(p / 2).toBeCloseTo(0.1103, 4);
  });

  // Siegel (1956), pages 122 to 125: oral socialization anxiety. The rank sums are 200 and 580, U is
  // 64, and z is 3.45 with the correction for ties (3.43 without).
  test('for samples with many ties', () => {
    const absent = [13, 12, 12, 10, 10, 10, 10, 9, 8, 8, 7, 7, 7, 7, 7, 6];
    const present = [
      17, 16, 15, 15, 15, 14, 14, 14, 13, 13, 13, 12, 12, 12, 12, 11, 11, 10, 10, 10, 8, 8, 6,
    ];
    const { u, z, p } = mannWhitney(absent, present);
    expect(u).toBe(200 - (16 * 17) / 2);
    expect(z).toBeCloseTo(-3.45, 2);
    expect(p).toBeCloseTo(0.00056, 5);
    const turned = mannWhitney(present, absent);
    expect(turned.u).toBe(580 - (23 * 24) / 2);
    expect(turned.z).toBeCloseTo(-z, 10);
  });
});

test('samples that are equal, alike or far apart', () => {
  const equal = mannWhitney([1, 1], [1, 1, 1]);
  expect(equal).toMatchObject({ u: 3, z: 0 });
  expect(equal.p).toBeCloseTo(1, 6);
  const some = Array.from({ length: 50 }, (_, i) => i);
  expect(mannWhitney(some, some)).toMatchObject({ u: 1_250, z: 0 });
  expect(mannWhitney(some, some).p).toBeCloseTo(1, 6);
  const apart = mannWhitney(
    some,
    some.map((value) => value + 100),
  );
  expect(apart.u).toBe(0);
  expect(apart.p).toBeLessThan(1e-15);
});

// The quantiles of the normal distribution that every table gives.
test.for([
  [0.01, 2.5758],
  [0.05, 1.96],
] as const)('the interval of shifts at the level %d ends at z = ±%d', ([level, border]) => {
  const base = Array.from({ length: 500 }, (_, i) => i);
  const moved = base.map((value) => value + 1_000);
  const [low, high] = shiftInterval(moved, base, level);
  expect(low + high).toBeCloseTo(2_000, 0);
  const zAt = (shift: number): number =>
    mannWhitney(
      moved.map((value) => value - shift),
      base,
    ).z;
  // The values lie one apart, and a shift by one changes z by a ninth.
  expect(Math.abs(zAt(low) - border)).toBeLessThan(0.11);
  expect(Math.abs(zAt(high) + border)).toBeLessThan(0.11);
});

test('the interval has zero in it exactly when the samples are not separable', () => {
  const base = Array.from({ length: 100 }, (_, i) => i * i);
  for (const shift of [0, 50, 500, 900, 1_500, 4_000]) {
    const moved = base.map((value) => value + shift);
    const [low, high] = shiftInterval(moved, base, 0.01);
    const isSeparable = mannWhitney(moved, base).p < 0.01;
    expect({ shift, isSeparable }).toEqual({ shift, isSeparable: low > 0 || high < 0 });
  }
});

test.for([
  [[3], 0.5, 3],
  [[4, 1, 3, 2], 0.5, 2.5],
  [[4, 1, 3, 2], 0, 1],
  [[4, 1, 3, 2], 1, 4],
  [Array.from({ length: 101 }, (_, i) => i), 0.99, 99],
] as const)('the quantile of a sample at a part: %#', ([sample, part, expected]) => {
  expect(quantile(sample, part)).toBe(expected);
});
