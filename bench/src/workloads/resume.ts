import { appendEvents } from '../data/ours.ts';
import type { Lab } from '../harness/lab.ts';
import {
  countRounds,
  measure,
  median,
  medianOf,
  sayRound,
  type Measure,
} from '../harness/rounds.ts';
import { Crowd } from '../load/crowd.ts';
import type { Outcome } from '../results/outcome.ts';

const sockets = { quick: 2_000, usual: 10_000 };
/** Events that everybody has missed when they come back. */
const missed = 3;
const connectAtOnce = 32;
const comeBackAtOnce = 256;

interface Round {
  back: Measure;
  /** From the start of the new process until everybody was live, in seconds. */
  seconds: number;
  database: Activity;
}

/** What PostgreSQL counted between two points. */
interface Activity {
  transactions: number;
  /** Searches in an index of the log. */
  logSearches: number;
  /** Walks through the whole log. */
  logWalks: number;
}

/**
 * The server is restarted under subscribed sockets, and all come back at once, each with the cursor
 * that it had and some events behind. Nobody may miss one: that is counted. There is nothing like
 * it on the other side, which stores no events.
 */
export async function measureResume(lab: Lab): Promise<Outcome> {
  const count = lab.options.isQuick ? sockets.quick : sockets.usual;
  const rounds: Round[] = [];
  for (let number = 0; number < countRounds(lab); number += 1) {
    sayRound(lab, number);
    rounds.push(await measureOnce(lab, count));
  }
  const of = (figure: (round: Round) => number): number => median(rounds.map(figure));
  const work = `resume of ${count} sockets after a restart`;
  const perSocket = (key: keyof Activity): string =>
    (of((round) => round.database[key]) / count).toFixed(2);
  const back = medianOf(rounds.map((round) => round.back));
  return {
    rows: [
      { work, unit: 's', baseline: null, ours: of(({ seconds }) => seconds), target: 'resume' },
    ],
    details: [{ work, side: 'ours', measure: back }],
    notes: [
      [
        `Each socket was ${missed} events behind and got all of them.`,
        `PostgreSQL counted for each: ${perSocket('transactions')} transactions,`,
        `${perSocket('logSearches')} searches in indexes of the log.`,
        `Walks through the whole log: ${of((round) => round.database.logWalks)} in all.`,
      ].join(' '),
    ],
  };
}

async function measureOnce(lab: Lab, count: number): Promise<Round> {
  const people = lab.world.people.slice(0, count);
  const rooms = lab.world.rooms.slice(0, count / 2).map(({ id }) => id);
  const cursors = await subscribeAll(lab, people);
  await appendEvents(lab.db.ours, rooms, missed);
  const before = await readActivity(lab);
  const started = performance.now();
  const crowd = new Crowd(lab.wires.ours);
  let result: { back: Measure; seconds: number };
  try {
    await using server = await lab.startSide('ours', 'resume');
    const back = await measure(lab, server, count, async () => {
      // Cursors are those of the moment, whoever got them: any is good for everybody.
      const guests = people.map(({ token }, i) => ({ token, lastEventId: cursors[i] }));
      await crowd.open(server.url, guests, comeBackAtOnce);
      return {};
    });
    result = { back, seconds: (performance.now() - started) / 1_000 };
    if (crowd.deliveries < count * missed) {
      throw new Error(`${crowd.deliveries} of ${count * missed} missed events came`);
    }
  } finally {
    crowd.close();
  }
  // The processes of PostgreSQL that worked for the server have ended, and with that reported.
  const after = await readActivity(lab);
  return {
    ...result,
    database: {
      transactions: after.transactions - before.transactions,
      logSearches: after.logSearches - before.logSearches,
      logWalks: after.logWalks - before.logWalks,
    },
  };
}

/** Subscribes everybody and ends the server under them. @returns their cursors */
async function subscribeAll(lab: Lab, people: readonly { token: string }[]): Promise<string[]> {
  await using server = await lab.startSide('ours', 'resume-before');
  const crowd = new Crowd(lab.wires.ours);
  try {
    await crowd.open(server.url, people, connectAtOnce);
    return crowd.cursors;
  } finally {
    await server.stop();
    crowd.close();
  }
}

async function readActivity({ db }: Lab): Promise<Activity> {
  const { rows } = await db.ours.query<Record<keyof Activity, string>>(
    // The log may have a table for each day.
    `select d.xact_commit as transactions, t.*
     from pg_stat_database d, (
       select sum(idx_scan) as "logSearches", sum(seq_scan) as "logWalks"
       from pg_stat_user_tables where relname like 'stream_events%'
     ) t
     where d.datname = current_database()`,
  );
  const of = (key: keyof Activity): number => Number(rows[0]?.[key] ?? 0);
  return {
    transactions: of('transactions'),
    logSearches: of('logSearches'),
    logWalks: of('logWalks'),
  };
}
