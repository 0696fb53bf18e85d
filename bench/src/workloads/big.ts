import { fillBulk } from '../data/bulk.ts';
import { around } from '../data/world.ts';
import type { Lab } from '../harness/lab.ts';
import { countRounds, measure, medianOf, type Measure } from '../harness/rounds.ts';
import type { ServerProcess } from '../harness/process.ts';
import { runLoad } from '../load/lanes.ts';
import type { Outcome } from '../results/outcome.ts';
import { listRooms, ourWire } from '../wire/ours.ts';

const lanes = 8;
const calls = {
  history: { quick: 500, usual: 6_000 },
  'room list': { quick: 200, usual: 2_000 },
};

/** Ten rooms a person; the small database has a fiftieth of the rooms of the large one. */
const shapes = {
  quick: { small: 25, large: 1_250, messagesPerRoom: 40 },
  usual: { small: 100, large: 5_000, messagesPerRoom: 100 },
};

type SizeName = 'small' | 'large';

interface Opened {
  rooms: { id: string; token: string }[];
  server: ServerProcess;
}

/** Reads of history and of the list of rooms when there are fifty times as many messages. */
export async function measureBig(lab: Lab): Promise<Outcome> {
  const { isQuick, signal } = lab.options;
  const shape = isQuick ? shapes.quick : shapes.usual;
  await using undo = new AsyncDisposableStack();
  const open = async (size: SizeName): Promise<Opened> => {
    const name = `chapar_${size}`;
    const db = await lab.copyDatabase(name);
    const people = lab.world.people.slice(0, shape[size]);
    const rooms = await fillBulk(db, { people, messagesPerRoom: shape.messagesPerRoom });
    console.error(`big: ${rooms.length * shape.messagesPerRoom} messages in ${name}`);
    return { rooms, server: undo.use(await lab.startSide('ours', `big-${size}`, name)) };
  };
  const opened = { small: await open('small'), large: await open('large') };
  const kinds = {
    history: ({ id, token }: { id: string; token: string }) => ourWire.list(token, id),
    'room list': ({ token }: { token: string }) => listRooms(token),
  };
  const say = (size: SizeName): string =>
    (opened[size].rooms.length * shape.messagesPerRoom).toLocaleString('en');
  const outcome: Outcome = { rows: [], details: [], notes: [] };
  for (const kind of ['history', 'room list'] as const) {
    const request = kinds[kind];
    const count = isQuick ? calls[kind].quick : calls[kind].usual;
    const taken: Record<SizeName, Measure[]> = { small: [], large: [] };
    // The first round of each warms up and is not counted.
    for (let number = -1; number < countRounds(lab); number += 1) {
      for (const size of ['small', 'large'] as const) {
        signal.throwIfAborted();
        const { rooms, server } = opened[size];
        // A step that has no factor with the number of rooms comes to all of them, spread out.
        const step = Math.max(1, Math.floor(rooms.length / 7)) | 1;
        const one = await measure(lab, server, count, () =>
          runLoad({
            url: server.url,
            lanes,
            calls: count,
            request: (i) => request(around(rooms, i * step)),
            signal,
          }),
        );
        if (number >= 0) {
          taken[size].push(one);
        }
      }
    }
    const medians = { small: medianOf(taken.small), large: medianOf(taken.large) };
    add(outcome, `${kind} at ${say('large')} messages against ${say('small')}`, medians);
  }
  outcome.notes.push(
    'Both columns are Chapar: “baseline” is the small database, “ours” the large.',
  );
  return outcome;
}

function add(outcome: Outcome, work: string, { small, large }: Record<SizeName, Measure>): void {
  const cpu = ({ serverMs, postgresMs, operations }: Measure): number =>
    (serverMs + postgresMs) / operations;
  outcome.rows.push({
    work,
    unit: 'CPU-s a 1,000 calls, with PostgreSQL',
    baseline: cpu(small),
    ours: cpu(large),
    target: 'big',
  });
  outcome.details.push(
    { work, side: 'small', measure: small },
    { work, side: 'large', measure: large },
  );
}
