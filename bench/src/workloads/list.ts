import { around } from '../data/world.ts';
import type { Lab } from '../harness/lab.ts';
import type { Outcome } from '../results/outcome.ts';
import { measureCalls } from './calls.ts';

/** The newest 30 messages of a conversation, of many conversations in turn. */
export async function measureList(lab: Lab): Promise<Outcome> {
  const rooms = lab.world.rooms.slice(0, lab.world.told.rooms);
  const { outcome } = await measureCalls(lab, {
    name: 'list',
    ways: [{ work: 'list of 30 messages, 32 at once', lanes: 32, calls: 10_000, target: 'list' }],
    request(wire, i) {
      const room = around(rooms, i);
      return wire.list(room.people[0].token, room.id);
    },
  });
  return outcome;
}
