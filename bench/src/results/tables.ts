import { table } from '../report.ts';
import { throughput, type Detail, type Outcome, type Row } from './outcome.ts';
import { judge, targets, type Target } from './targets.ts';

/** Ours as a multiple of the baseline; null where there is none. */
function ratioOf({ baseline, ours }: Row): number | null {
  return baseline === null ? null : ours / baseline;
}

/** The figure that a target is about. */
export function figureOf(row: Row, target: Target): number {
  return target.of === 'ratio' ? (ratioOf(row) ?? Number.NaN) : row.ours;
}

/** What must be met, what is aimed at, and whether that is so. */
export function targetTable(rows: readonly Row[]): string {
  const head = ['Work', 'unit', 'baseline', 'ours', 'ratio', 'must', 'aim', 'verdict'];
  const lines = rows.map((row) => {
    const target: Target | null = row.target === null ? null : targets[row.target];
    const ratio = ratioOf(row);
    return [
      row.work,
      row.unit,
      row.baseline === null ? '–' : digits(row.baseline),
      digits(row.ours),
      ratio === null ? '–' : ratio.toFixed(2),
      target ? sayBound(target, target.must) : '–',
      target ? sayBound(target, target.aim) : '–',
      target ? sayVerdict(judge(target, figureOf(row, target))) : '–',
    ];
  });
  return table(head, lines);
}

function sayVerdict(verdict: string): string {
  return verdict === 'missed' ? '**missed**' : verdict;
}

function sayBound({ of, is }: Target, bound: number): string {
  const sign = is === 'at most' ? '≤' : '≥';
  return `${sign} ${bound}${of === 'ratio' ? ' ×' : ''}`;
}

/** CPU of server and PostgreSQL, throughput and latencies of both sides. */
function detailTable(details: readonly Detail[]): string {
  const head = [
    'Work',
    'side',
    'operations',
    'server, µs CPU each',
    'PostgreSQL, µs CPU each',
    'a second',
    'p50, ms',
    'p99, ms',
  ];
  const lines = details.map(({ work, side, measure }) => {
    const each = (ms: number): string => digits((ms / measure.operations) * 1_000);
    return [
      work,
      side,
      String(Math.round(measure.operations)),
      each(measure.serverMs),
      each(measure.postgresMs),
      digits(throughput(measure)),
      digits(measure.p50),
      digits(measure.p99),
    ];
  });
  return table(head, lines);
}

export function describeOutcome({ rows, details, notes }: Outcome): string {
  const more = details.length > 0 ? [detailTable(details)] : [];
  return [targetTable(rows), ...more, ...notes].join('\n\n');
}

/** Three digits that mean something, whole numbers whole. */
export function digits(value: number): string {
  if (Number.isNaN(value)) {
    return '–';
  }
  const whole = Math.abs(value) < 1 ? 1 : Math.floor(Math.log10(Math.abs(value))) + 1;
  return value.toFixed(Math.max(0, 3 - whole) + (Math.abs(value) < 0.1 ? 1 : 0));
}
