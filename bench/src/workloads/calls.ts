import { alternate, measure, medianOf, withBothSides, type Measure } from '../harness/rounds.ts';
import { sideNames, type Lab, type SideName } from '../harness/lab.ts';
import { runLoad } from '../load/lanes.ts';
import { compareCpu, type Outcome } from '../results/outcome.ts';
import type { TargetName } from '../results/targets.ts';
import type { Wire } from '../wire/wire.ts';

/** One way to call: how many at once, and how often. */
export interface Way {
  work: string;
  lanes: number;
  calls: number;
  target: TargetName | null;
}

/** A call that is made again and again. */
export interface CallWorkload {
  name: string;
  ways: readonly Way[];
  /** The call number `i`. */
  request: (wire: Wire, i: number) => string;
}

/** A run that is quick makes so many times fewer calls. */
const quickFactor = 20;
const warmUpCalls = 2_000;

/** Makes the same calls of both sides, each way in rounds of its own. */
export async function measureCalls(
  lab: Lab,
  { name, ways, request }: CallWorkload,
): Promise<{ outcome: Outcome; medians: Record<SideName, Measure>[] }> {
  const { signal, isQuick } = lab.options;
  return withBothSides(lab, name, async (servers) => {
    const outcome: Outcome = { rows: [], details: [], notes: [] };
    const medians: Record<SideName, Measure>[] = [];
    let made = 0;
    const drive = (side: SideName, lanes: number, calls: number) => {
      const first = made;
      made += calls;
      return runLoad({
        url: servers[side].url,
        lanes,
        calls,
        request: (i) => request(lab.wires[side], first + i),
        signal,
      });
    };
    for (const way of ways) {
      const calls = isQuick ? way.calls / quickFactor : way.calls;
      for (const side of sideNames) {
        await drive(side, way.lanes, isQuick ? warmUpCalls / quickFactor : warmUpCalls);
      }
      const all = await alternate(lab, (side) =>
        measure(lab, servers[side], calls, () => drive(side, way.lanes, calls)),
      );
      const middle = { baseline: medianOf(all.baseline), ours: medianOf(all.ours) };
      const { row, details } = compareCpu(way, middle);
      medians.push(middle);
      outcome.rows.push(row);
      outcome.details.push(...details);
    }
    return { outcome, medians };
  });
}
