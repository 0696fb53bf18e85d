import { setTimeout as wait } from 'node:timers/promises';
import { sideNames, type Lab, type SideName } from '../harness/lab.ts';
import { cpuOf } from '@chapar/load';
import { settledMemory } from '../harness/settled-memory.ts';
import {
  alternate,
  countRounds,
  measure,
  median,
  medianOf,
  type Measure,
} from '../harness/rounds.ts';
import { Crowd } from '../load/crowd.ts';
import type { Outcome, Row } from '../results/outcome.ts';

/** Memory is looked at twice. */
const sockets = { quick: [500, 2_000], usual: [2_000, 10_000] } as const;
/** So that what the server needs for any socket at all is there before the first one is counted. */
const firstSockets = 50;
const connectAtOnce = 32;
/** Longer than from one ping to the next. */
const idleMs = 27_000;

interface Round {
  connecting: Measure;
  /** Resident memory in KiB before any socket, with a part of them, with all. */
  kib: readonly [number, number, number];
  /** CPU of a second of idling, in milliseconds; NaN where it was not waited for. */
  idleCpu: number;
}

/** Subscribed sockets on which nothing happens: memory, and what it takes to open them. */
export async function measureIdle(lab: Lab): Promise<Outcome> {
  const { isQuick } = lab.options;
  const [some, many] = isQuick ? sockets.quick : sockets.usual;
  const last = countRounds(lab) - 1;
  const all = await alternate(lab, (side, number) =>
    measureOnce(lab, side, { some, many, isWaited: number === last && !isQuick }),
  );
  const row = (work: string, each: (round: Round) => number, target: Row['target']): Row => ({
    work,
    unit: 'KiB resident a socket',
    baseline: median(all.baseline.map(each)),
    ours: median(all.ours.map(each)),
    target,
  });
  const work = `${many} subscribed sockets`;
  const outcome: Outcome = {
    rows: [
      row(`idle, ${work}`, ({ kib }) => (kib[2] - kib[0]) / many, isQuick ? null : 'idle'),
      row(`idle, ${some} subscribed sockets`, ({ kib }) => (kib[1] - kib[0]) / some, null),
      row(
        `idle, from socket ${some} to ${many}`,
        ({ kib }) => (kib[2] - kib[1]) / (many - some),
        null,
      ),
    ],
    details: [],
    notes: [],
  };
  for (const side of sideNames) {
    const connecting = medianOf(all[side].map((round) => round.connecting));
    outcome.details.push({ work: `connecting ${work}`, side, measure: connecting });
    const idleCpu = all[side].at(-1)?.idleCpu ?? Number.NaN;
    if (!Number.isNaN(idleCpu)) {
      const said = `${idleCpu.toFixed(1)} ms CPU a second while idle, pings included`;
      outcome.notes.push(`${work}, ${side}: ${said}.`);
    }
  }
  return outcome;
}

/** A server of its own each time: memory that was freed once would be there again. */
async function measureOnce(
  lab: Lab,
  side: SideName,
  { some, many, isWaited }: { some: number; many: number; isWaited: boolean },
): Promise<Round> {
  const { people } = lab.world;
  await using server = await lab.startSide(side, 'idle');
  const first = new Crowd(lab.wires[side]);
  const crowd = new Crowd(lab.wires[side]);
  try {
    await first.open(server.url, people.slice(-firstSockets), connectAtOnce);
    first.close();
    const none = await settledMemory(server.pid);
    await crowd.open(server.url, people.slice(0, some), connectAtOnce);
    const part = await settledMemory(server.pid);
    const connecting = await measure(lab, server, many - some, async () => {
      await crowd.open(server.url, people.slice(some, many), connectAtOnce);
      return {};
    });
    const whole = await settledMemory(server.pid);
    const idleCpu = isWaited ? await cpuWhileIdle(server.pid) : Number.NaN;
    if (crowd.closed.size > 0) {
      throw new Error(`sockets were closed: ${JSON.stringify([...crowd.closed])}`);
    }
    return { connecting, kib: [none, part, whole], idleCpu };
  } finally {
    first.close();
    crowd.close();
  }
}

async function cpuWhileIdle(pid: number): Promise<number> {
  const before = cpuOf(pid);
  await wait(idleMs);
  return ((cpuOf(pid) - before) / idleMs) * 1_000;
}
