import { quantile } from '../mann-whitney.ts';
import { cpuOf, cpuOfTree } from '@chapar/load';
import { sideNames, type Lab, type SideName } from './lab.ts';
import type { ServerProcess } from './process.ts';

/** What one round of one side gave. */
export interface Measure {
  /** Units of work: calls, deliveries or sockets. */
  operations: number;
  wallMs: number;
  /** CPU of the server's process, in milliseconds. */
  serverMs: number;
  /** CPU of PostgreSQL with all its processes, in milliseconds. */
  postgresMs: number;
  /** Latencies in milliseconds; NaN where none were taken. */
  p50: number;
  p99: number;
}

/** Takes CPU of server and PostgreSQL around a piece of work. */
export async function measure(
  lab: Lab,
  server: ServerProcess,
  operations: number,
  work: () => Promise<{ wallMs?: number; latencies?: Float64Array }>,
): Promise<Measure> {
  const before = { server: cpuOf(server.pid), postgres: cpuOfTree(lab.postgresPid) };
  const started = performance.now();
  const { wallMs = performance.now() - started, latencies } = await work();
  const serverMs = cpuOf(server.pid) - before.server;
  const postgresMs = cpuOfTree(lab.postgresPid) - before.postgres;
  const sample = latencies ? [...latencies] : [];
  return {
    operations,
    wallMs,
    serverMs,
    postgresMs,
    p50: quantile(sample, 0.5),
    p99: quantile(sample, 0.99),
  };
}

const rounds = { quick: 2, usual: 5 };

export function countRounds({ options }: Lab): number {
  return options.isQuick ? rounds.quick : rounds.usual;
}

export function sayRound(lab: Lab, number: number): void {
  console.error(`  round ${number + 1} of ${countRounds(lab)}`);
}

/** Round after round, baseline and ours in turn. */
export async function alternate<Round>(
  lab: Lab,
  round: (side: SideName, number: number) => Promise<Round>,
): Promise<Record<SideName, Round[]>> {
  const all: Record<SideName, Round[]> = { baseline: [], ours: [] };
  for (let number = 0; number < countRounds(lab); number += 1) {
    sayRound(lab, number);
    for (const side of sideNames) {
      lab.options.signal.throwIfAborted();
      all[side].push(await round(side, number));
    }
  }
  return all;
}

/** Both servers at once, as long as they are measured in turn. */
export async function withBothSides<Result>(
  lab: Lab,
  workload: string,
  work: (servers: Record<SideName, ServerProcess>) => Promise<Result>,
): Promise<Result> {
  await using baseline = await lab.startSide('baseline', workload);
  await using ours = await lab.startSide('ours', workload);
  return await work({ baseline, ours });
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The middle of each figure by itself. */
export function medianOf(measures: readonly Measure[]): Measure {
  const of = (key: keyof Measure): number => median(measures.map((one) => one[key]));
  return {
    operations: of('operations'),
    wallMs: of('wallMs'),
    serverMs: of('serverMs'),
    postgresMs: of('postgresMs'),
    p50: of('p50'),
    p99: of('p99'),
  };
}
