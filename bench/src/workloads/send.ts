import { around } from '../data/world.ts';
import type { Lab } from '../harness/lab.ts';
import { throughput, type Outcome } from '../results/outcome.ts';
import { measureCalls } from './calls.ts';

/** Conversations that are written to at once. */
const conversations = 64;

/** Sending a message, with nobody who listens. */
export async function measureSend(lab: Lab): Promise<Outcome> {
  const rooms = lab.world.rooms.slice(-conversations);
  const { outcome, medians } = await measureCalls(lab, {
    name: 'send',
    ways: [
      { work: '`chat.send`, 32 at once', lanes: 32, calls: 10_000, target: 'send' },
      { work: '`chat.send`, one by one', lanes: 1, calls: 2_000, target: null },
    ],
    request(wire, i) {
      const room = around(rooms, i);
      return wire.send(room.people[0].token, room.id);
    },
  });
  const [atOnce] = medians;
  if (atOnce) {
    outcome.rows.push({
      work: '`chat.send`, 32 at once',
      unit: 'calls a second',
      baseline: throughput(atOnce.baseline),
      ours: throughput(atOnce.ours),
      target: 'send-throughput',
    });
  }
  return outcome;
}
