import { addReadersToBaseline } from '../data/baseline.ts';
import { addReadersToOurs } from '../data/ours.ts';
import { around, type Room } from '../data/world.ts';
import { sideNames, type Lab, type SideName } from '../harness/lab.ts';
import { alternate, measure, medianOf, withBothSides, type Measure } from '../harness/rounds.ts';
import { Crowd } from '../load/crowd.ts';
import { runLoad } from '../load/lanes.ts';
import type { Outcome } from '../results/outcome.ts';
import type { TargetName } from '../results/targets.ts';

interface Size {
  readers: number;
  /** A round, in a run that is not quick. */
  messages: number;
  target: TargetName | null;
}

const sizes: readonly Size[] = [
  { readers: 100, messages: 4_000, target: null },
  { readers: 1_000, messages: 1_000, target: 'fan-out' },
];
const quickFactor = 20;
const warmUpPart = 0.2;
/** Messages under way at once. */
const inFlight = 8;
const connectAtOnce = 32;
const withinMs = 60_000;

/**
 * A room with many readers, one socket each: CPU of the server for each message that arrives at a
 * socket, the work of sending it included. Both sides get the same messages at the same pace.
 */
export async function measureFanOut(lab: Lab): Promise<Outcome> {
  const outcome: Outcome = { rows: [], details: [], notes: [] };
  for (const [place, size] of sizes.entries()) {
    const { baseline, ours } = await measureSize(lab, size, around(lab.world.rooms, place));
    const work = `fan-out to ${size.readers} sockets`;
    const micros = ({ serverMs, operations }: Measure): number => (serverMs / operations) * 1_000;
    outcome.rows.push({
      work,
      unit: 'µs CPU a delivery',
      baseline: micros(baseline),
      ours: micros(ours),
      target: size.target,
    });
    outcome.details.push(
      { work, side: 'baseline', measure: baseline },
      { work, side: 'ours', measure: ours },
    );
  }
  return outcome;
}

async function measureSize(
  lab: Lab,
  { readers, messages }: Size,
  room: Room,
): Promise<{ baseline: Measure; ours: Measure }> {
  const { isQuick, signal } = lab.options;
  // The two members are not among them: nobody but the readers is counted.
  const guests = lab.world.people
    .filter((person) => !room.people.includes(person))
    .slice(0, readers);
  const userIds = guests.map(({ userId }) => userId);
  await addReadersToBaseline(lab.db.baseline, room.id, userIds);
  await addReadersToOurs(lab.db.ours, room.id, userIds);
  return withBothSides(lab, `fan-out-${readers}`, async (servers) => {
    const crowds = { baseline: new Crowd(lab.wires.baseline), ours: new Crowd(lab.wires.ours) };
    try {
      const send = async (side: SideName, calls: number): Promise<void> => {
        const wire = lab.wires[side];
        const expected = crowds[side].deliveries + calls * readers;
        const request = (): string => wire.send(room.people[0].token, room.id);
        await runLoad({ url: servers[side].url, lanes: inFlight, calls, request, signal });
        await crowds[side].until(expected, withinMs);
      };
      const calls = isQuick ? messages / quickFactor : messages;
      for (const side of sideNames) {
        await crowds[side].open(servers[side].url, guests, connectAtOnce);
        await send(side, calls * warmUpPart);
      }
      const all = await alternate(lab, (side) =>
        measure(lab, servers[side], calls * readers, async () => {
          await send(side, calls);
          return {};
        }),
      );
      return { baseline: medianOf(all.baseline), ours: medianOf(all.ours) };
    } finally {
      crowds.baseline.close();
      crowds.ours.close();
    }
  });
}
