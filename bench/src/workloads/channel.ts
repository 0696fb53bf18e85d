import { setTimeout as wait } from 'node:timers/promises';
import { addChannelToOurs } from '../data/ours.ts';
import { around } from '../data/world.ts';
import type { Lab } from '../harness/lab.ts';
import { countRounds, medianOf, sayRound, type Measure } from '../harness/rounds.ts';
import { Crowd } from '../load/crowd.ts';
import { HttpLane } from '../load/http-lane.ts';
import { quantile } from '../mann-whitney.ts';
import type { Outcome } from '../results/outcome.ts';

const sends = { quick: 200, usual: 2_000 };
const warmUp = 200;
const countedSends = 200;
const subscribers = 200;
const connectAtOnce = 16;
const withinMs = 60_000;
/** So long a connection of PostgreSQL may keep to itself what it has counted. */
const countedAfterMs = 12_000;

type Kind = 'pair' | 'channel';
const kinds = ['pair', 'channel'] as const;

/**
 * From a send to its answer, in a channel of all people (10,000) and in a room of two, one by one and in turn, all
 * by one sender: with nobody who listens, and with 200 members' sockets. A message must cost the same however many
 * are to read it.
 */
export async function measureChannel(lab: Lab): Promise<Outcome> {
  const { isQuick, signal } = lab.options;
  const pair = around(lab.world.rooms, 0);
  const [sender] = pair.people;
  const readers = lab.world.people.filter((person) => person !== sender);
  const channel = await addChannelToOurs(lab.db.ours, sender, readers);
  const members = `${(readers.length + 1).toLocaleString('en')} members`;
  const rooms: Record<Kind, string> = { pair: pair.id, channel };
  const outcome: Outcome = { rows: [], details: [], notes: [] };
  await using server = await lab.startSide('ours', 'channel');
  const lane = await HttpLane.open(server.url);
  const crowd = new Crowd(lab.wires.ours);
  let live = 0;
  const send = async (kind: Kind): Promise<number> => {
    signal.throwIfAborted();
    const request = lab.wires.ours.send(sender.token, rooms[kind]);
    const started = performance.now();
    const due = crowd.deliveries + (kind === 'channel' ? live : 0);
    await lane.call(request);
    const ms = performance.now() - started;
    // What the readers get must not stand in the way of the next send.
    await crowd.until(due, withinMs);
    return ms;
  };
  try {
    for (const kind of kinds) {
      const written = await countWritten(lab, async () => {
        for (let i = 0; i < countedSends; i += 1) {
          await send(kind);
        }
      });
      const where = kind === 'pair' ? 'a room of 2' : `a channel of ${members}`;
      outcome.notes.push(`Rows written by ${countedSends} sends to ${where}: ${written}.`);
    }
    for (live of [0, subscribers]) {
      if (live > 0) {
        const guests = readers.filter((person) => !pair.people.includes(person)).slice(0, live);
        await crowd.open(server.url, guests, connectAtOnce);
      }
      const { pair: small, channel: large } = await alternateSends(lab, send);
      const work = `chat.send to a channel of ${members} against a room of 2, ${live} live`;
      outcome.rows.push(
        { work, unit: 'p99, ms', baseline: small.p99, ours: large.p99, target: 'channel' },
        { work, unit: 'p50, ms', baseline: small.p50, ours: large.p50, target: null },
      );
      outcome.details.push(
        { work, side: 'room of 2', measure: small },
        { work, side: 'channel', measure: large },
      );
    }
  } finally {
    crowd.close();
    lane.close();
  }
  outcome.notes.push(
    'Both columns are Chapar: “baseline” is the room of 2, “ours” the channel.',
    `${isQuick ? sends.quick : sends.usual} sends to each in a round, by one sender, in turn; the median of the rounds.`,
  );
  return outcome;
}

async function alternateSends(
  lab: Lab,
  send: (kind: Kind) => Promise<number>,
): Promise<Record<Kind, Measure>> {
  const perRound = lab.options.isQuick ? sends.quick : sends.usual;
  for (let i = 0; i < warmUp; i += 1) {
    await send('pair');
    await send('channel');
  }
  const taken: Record<Kind, Measure[]> = { pair: [], channel: [] };
  for (let number = 0; number < countRounds(lab); number += 1) {
    sayRound(lab, number);
    const times: Record<Kind, number[]> = { pair: [], channel: [] };
    for (let i = 0; i < perRound; i += 1) {
      // Who comes first changes, so that neither always follows the other.
      for (const kind of i % 2 === 0 ? kinds : kinds.toReversed()) {
        times[kind].push(await send(kind));
      }
    }
    for (const kind of kinds) {
      taken[kind].push({
        operations: perRound,
        wallMs: times[kind].reduce((sum, time) => sum + time, 0),
        // One process answers both, call by call.
        serverMs: Number.NaN,
        postgresMs: Number.NaN,
        p50: quantile(times[kind], 0.5),
        p99: quantile(times[kind], 0.99),
      });
    }
  }
  return { pair: medianOf(taken.pair), channel: medianOf(taken.channel) };
}

interface CountRow {
  name: string;
  inserted: number;
  updated: number;
  deleted: number;
}

/** What is written in the tables of chat and stream meanwhile, as a sentence. */
async function countWritten({ db }: Lab, work: () => Promise<void>): Promise<string> {
  const read = async (): Promise<Map<string, CountRow>> => {
    await wait(countedAfterMs);
    // Partitions of the log count as one.
    const { rows } = await db.ours.query<CountRow>(
      `select regexp_replace(relname, '^stream_events_.*', 'stream_events') as name,
         sum(n_tup_ins)::int as inserted, sum(n_tup_upd)::int as updated, sum(n_tup_del)::int as deleted
       from pg_stat_user_tables
       where relname ~ '^(messages?|message_.*|streams?|stream_.*|conversations?|conversation_.*)$' group by 1 order by 1`,
    );
    return new Map(rows.map((row) => [row.name, row]));
  };
  const before = await read();
  await work();
  const after = await read();
  const parts = [...after.values()].flatMap(({ name, inserted, updated, deleted }) => {
    const was = before.get(name);
    const more = [
      [inserted - (was?.inserted ?? 0), 'inserted'],
      [updated - (was?.updated ?? 0), 'updated'],
      [deleted - (was?.deleted ?? 0), 'deleted'],
    ] as const;
    return more.flatMap(([count, what]) => (count === 0 ? [] : [`${name} ${count} ${what}`]));
  });
  return parts.join(', ');
}
