import { randomUUID } from 'node:crypto';
import { addCodesToBaseline } from '../data/baseline.ts';
import { addCodesToOurs } from '../data/ours.ts';
import { around } from '../data/world.ts';
import { sideNames, type Lab, type SideName } from '../harness/lab.ts';
import { alternate, measure, medianOf, withBothSides } from '../harness/rounds.ts';
import type { Code } from '../harness/tokens.ts';
import { runLoad } from '../load/lanes.ts';
import { compareCpu, type Outcome } from '../results/outcome.ts';

const lanes = 8;
const logins = { quick: 100, usual: 1_500 };

/**
 * Signing in by a code, each time somebody else. The codes are put into the database before, as the
 * server keeps them; sending them is not measured.
 */
export async function measureLogin(lab: Lab): Promise<Outcome> {
  const { signal, isQuick } = lab.options;
  const count = isQuick ? logins.quick : logins.usual;
  const add = { baseline: addCodesToBaseline, ours: addCodesToOurs };
  return withBothSides(lab, 'login', async (servers) => {
    const round = async (side: SideName, number: number) => {
      const codes = Array.from({ length: count }, (_, i): Code => {
        const { phone } = around(lab.world.people, number * count + i);
        return { challengeId: randomUUID(), contact: phone, code: '271828' };
      });
      await add[side](lab.db[side], codes);
      const request = (i: number): string => lab.wires[side].login(around(codes, i));
      return measure(lab, servers[side], count, () =>
        runLoad({ url: servers[side].url, lanes, calls: count, request, signal }),
      );
    };
    for (const side of sideNames) {
      await round(side, 0);
    }
    const all = await alternate(lab, (side, number) => round(side, number + 1));
    const { row, details } = compareCpu(
      { work: 'login by code, 8 at once', target: 'login' },
      { baseline: medianOf(all.baseline), ours: medianOf(all.ours) },
    );
    return { rows: [row], details, notes: [] };
  });
}
