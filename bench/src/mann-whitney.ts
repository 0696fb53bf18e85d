/** How two samples compare. */
export interface MannWhitney {
  /** Pairs in which the first sample's value is the larger one; ties count half. */
  u: number;
  /** Standard deviations from what chance would give; positive when the first sample is larger. */
  z: number;
  /** How likely chance alone gives such a difference or a larger one, in either direction. */
  p: number;
}

/**
 * The rank sum test of Mann and Whitney (1947; Wilcoxon, 1945): whether values of one sample tend
 * to be larger than those of the other, whatever their distribution. Tied values share the mean of
 * their ranks, and the variance is corrected for them. `p` is two-sided and by the normal
 * approximation without continuity correction, which is good from some twenty values a side on.
 */
export function mannWhitney(first: readonly number[], second: readonly number[]): MannWhitney {
  const pooled = [
    ...first.map((value) => ({ value, isFirst: true })),
    ...second.map((value) => ({ value, isFirst: false })),
  ].toSorted((a, b) => a.value - b.value);
  const [n1, n2, n] = [first.length, second.length, pooled.length];
  let rankSum = 0;
  let ties = 0;
  for (let from = 0; from < n;) {
    let to = from;
    let ofFirst = 0;
    while (to < n && pooled[to]?.value === pooled[from]?.value) {
      ofFirst += pooled[to]?.isFirst ? 1 : 0;
      to += 1;
    }
    const tied = to - from;
    // Ranks count from 1.
    rankSum += (ofFirst * (from + 1 + to)) / 2;
    ties += tied ** 3 - tied;
    from = to;
  }
  const u = rankSum - (n1 * (n1 + 1)) / 2;
  const variance = ((n1 * n2) / 12) * (n + 1 - ties / (n * (n - 1)));
  const z = variance > 0 ? (u - (n1 * n2) / 2) / Math.sqrt(variance) : 0;
  return { u, z, p: Math.min(1, 2 * upperTail(Math.abs(z))) };
}

/**
 * The part of the normal distribution above `z`, for `z` ≥ 0 (Abramowitz and Stegun, 26.2.17: off
 * by less than 7.5e-8).
 */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.231_641_9 * z);
  const factors = [0.319_381_53, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
  const sum = factors.reduceRight((rest, factor) => t * (factor + rest), 0);
  return (Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

/**
 * The value below which a part of a sample lies: 0.5 for the median. Between two values it is
 * interpolated.
 */
export function quantile(sample: readonly number[], part: number): number {
  const sorted = sample.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

const steps = 50;

/**
 * By how much the first sample is shifted against the second: every shift that the test does not
 * refuse at `level`, from the smallest to the largest. Zero is among them exactly when the samples
 * are not separable. The interval says what the measurement could have seen.
 */
export function shiftInterval(
  first: readonly number[],
  second: readonly number[],
  level: number,
): [number, number] {
  const widest = Math.max(...first, ...second) - Math.min(...first, ...second) + 1;
  /** Where the sign of the refusal passes the border; it falls as the shift taken away grows. */
  const border = (isBelow: (sign: number) => boolean): number => {
    let [below, above] = [-widest, widest];
    for (let step = 0; step < steps; step += 1) {
      const shift = (below + above) / 2;
      const rest = first.map((value) => value - shift);
      const { z, p } = mannWhitney(rest, second);
      if (isBelow(p < level ? Math.sign(z) : 0)) {
        below = shift;
      } else {
        above = shift;
      }
    }
    return (below + above) / 2;
  };
  return [border((sign) => sign > 0), border((sign) => sign >= 0)];
}
