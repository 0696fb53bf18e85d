import { around } from '../data/world.ts';
import type { Lab } from '../harness/lab.ts';
import type { Outcome } from '../results/outcome.ts';
import { measureCalls } from './calls.ts';

/** Sessions that ask in turn. */
const callers = 64;

/** Who am I: one call that needs a live session. */
export async function measureMe(lab: Lab): Promise<Outcome> {
  const people = lab.world.people.slice(0, callers);
  const { outcome } = await measureCalls(lab, {
    name: 'me',
    ways: [
      { work: '`user.me`, 32 at once', lanes: 32, calls: 20_000, target: 'me' },
      { work: '`user.me`, one by one', lanes: 1, calls: 5_000, target: null },
    ],
    request: (wire, i) => wire.me(around(people, i).token),
  });
  return outcome;
}
