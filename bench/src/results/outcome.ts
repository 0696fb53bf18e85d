import type { Measure } from '../harness/rounds.ts';
import type { TargetName } from './targets.ts';

/** One line of the table: a figure of both sides, with what it ought to be. */
export interface Row {
  work: string;
  /** What is counted, such as `CPU-s a 1,000 calls`. */
  unit: string;
  /** Null where there is nothing to compare with. */
  baseline: number | null;
  ours: number;
  target: TargetName | null;
}

/** A line of the second table: everything that was taken of one side. */
export interface Detail {
  work: string;
  side: string;
  measure: Measure;
}

/** What a workload found out. */
export interface Outcome {
  rows: Row[];
  details: Detail[];
  /** Sentences to put below the tables. */
  notes: string[];
}

const cpuPerThousand = 'CPU-s a 1,000 calls';

/** CPU-seconds of the server for a thousand operations; the same number as milliseconds for one. */
function serverCpu({ serverMs, operations }: Measure): number {
  return serverMs / operations;
}

/** Operations in a second. */
export function throughput({ operations, wallMs }: Measure): number {
  return (operations / wallMs) * 1_000;
}

/** Two details and the row of their CPU. */
export function compareCpu(
  { work, target }: { work: string; target: TargetName | null },
  { baseline, ours }: { baseline: Measure; ours: Measure },
): { row: Row; details: Detail[] } {
  return {
    row: {
      work,
      unit: cpuPerThousand,
      baseline: serverCpu(baseline),
      ours: serverCpu(ours),
      target,
    },
    details: [
      { work, side: 'baseline', measure: baseline },
      { work, side: 'ours', measure: ours },
    ],
  };
}
