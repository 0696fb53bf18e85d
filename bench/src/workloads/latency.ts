import { around } from '../data/world.ts';
import { sideNames, type Lab, type SideName } from '../harness/lab.ts';
import { alternate, measure, medianOf, withBothSides } from '../harness/rounds.ts';
import { Crowd } from '../load/crowd.ts';
import { HttpLane } from '../load/http-lane.ts';
import type { Outcome } from '../results/outcome.ts';

const messages = { quick: 100, usual: 2_000 };
const warmUp = { quick: 50, usual: 500 };
const withinMs = 10_000;

/**
 * From the first byte of a send until its message arrives at the other person's socket. One message
 * at a time; the next one is sent when the answer has come too.
 */
export async function measureLatency(lab: Lab): Promise<Outcome> {
  const { isQuick, signal } = lab.options;
  const room = around(lab.world.rooms, 0);
  const [sender, reader] = room.people;
  return withBothSides(lab, 'latency', async (servers) => {
    const open = async (side: SideName): Promise<{ crowd: Crowd; lane: HttpLane }> => {
      const { url } = servers[side];
      const crowd = new Crowd(lab.wires[side]);
      await crowd.open(url, [{ token: reader.token }], 1);
      return { crowd, lane: await HttpLane.open(url) };
    };
    const connected = { baseline: await open('baseline'), ours: await open('ours') };
    const send = async (side: SideName, count: number): Promise<Float64Array> => {
      const { crowd, lane } = connected[side];
      const latencies = new Float64Array(count);
      for (let i = 0; i < count; i += 1) {
        signal.throwIfAborted();
        const request = lab.wires[side].send(sender.token, room.id);
        const arrived = crowd.until(crowd.deliveries + 1, withinMs);
        const started = performance.now();
        const answered = lane.call(request);
        await arrived;
        latencies[i] = performance.now() - started;
        await answered;
      }
      return latencies;
    };
    const count = isQuick ? messages.quick : messages.usual;
    for (const side of sideNames) {
      await send(side, isQuick ? warmUp.quick : warmUp.usual);
    }
    const all = await alternate(lab, (side) =>
      measure(lab, servers[side], count, async () => ({ latencies: await send(side, count) })),
    );
    for (const { crowd, lane } of Object.values(connected)) {
      crowd.close();
      lane.close();
    }
    const work = 'send to receive, one by one';
    const [baseline, ours] = [medianOf(all.baseline), medianOf(all.ours)];
    return {
      rows: [
        { work, unit: 'p50, ms', baseline: baseline.p50, ours: ours.p50, target: 'latency' },
        { work, unit: 'p99, ms', baseline: baseline.p99, ours: ours.p99, target: null },
      ],
      details: [
        { work, side: 'baseline', measure: baseline },
        { work, side: 'ours', measure: ours },
      ],
      notes: [],
    };
  });
}
