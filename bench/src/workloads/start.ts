import type { Lab, SideName } from '../harness/lab.ts';
import { cpuOf } from '@chapar/load';
import { alternate, median } from '../harness/rounds.ts';
import type { Outcome, Row } from '../results/outcome.ts';

interface Start {
  seconds: number;
  cpuSeconds: number;
}

/** From the start of the process until it listens, on a database that is migrated and filled. */
export async function measureStart(lab: Lab): Promise<Outcome> {
  const all = await alternate(lab, async (side: SideName): Promise<Start> => {
    await using server = await lab.startSide(side, 'start');
    return { seconds: server.startMs / 1_000, cpuSeconds: cpuOf(server.pid) / 1_000 };
  });
  const rowOf = (key: keyof Start, unit: string, target: Row['target']): Row => ({
    work: 'start to listening',
    unit,
    baseline: median(all.baseline.map((start) => start[key])),
    ours: median(all.ours.map((start) => start[key])),
    target,
  });
  return {
    rows: [rowOf('seconds', 's', 'start'), rowOf('cpuSeconds', 'CPU-s', null)],
    details: [],
    notes: [],
  };
}
