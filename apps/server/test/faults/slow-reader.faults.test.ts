import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { newId } from '@chapar/client';
import { residentOf } from '@chapar/load';
import { cloneDatabase } from '@chapar/api/testing';
import { expect, test } from 'vitest';
import { startProcess } from '../server-process.ts';
import { isFull, signInAs } from './crowd.ts';
import { Follower } from './follower.ts';
import {
  bytesOnTheWay,
  connectionList,
  readAllAgain,
  startPausedReaders,
} from './paused-reader.ts';
import { stormEnv } from './storm.ts';

const stuckReaders = 8;
/** Of text that takes two bytes a character: 20 MB are due to each reader. */
const messages = 2_500;
const longest = 'س'.repeat(4_096);
const atOnce = 25;
const kibInMib = 1024;
/** Of a peer that was dropped before it had read so far. */
const noClose = 1006;

/** A person has at most ten sockets: two that read, and one more while one of them changes places. */
const stuckBeside = 7;
/** So many events may wait for a reader. */
const queueLimit = 1_000;
/** Fewer messages than that: who gets no others is closed for the time alone. */
const { rounds, warmUp, talk, pauseMs } = isFull
  ? { rounds: 3, warmUp: 300, talk: 150, pauseMs: 20 }
  : { rounds: 1, warmUp: 5, talk: 20, pauseMs: 50 };
/** What is promised, from when the system takes nothing more for them. */
const closedWithinMs = 10_000;
/** A peer has 5 s to answer the close. */
const droppedWithinMs = 15_000;
const slackMs = 1_000;
const patience = 60_000;

type Phase = 'quiet' | 'stuck' | 'closing';

/** Sara, who writes to two friends. */
async function gather(undo: AsyncDisposableStack, env: Record<string, string>) {
  const database = undo.use(await cloneDatabase());
  const server = undo.use(await startProcess({ DATABASE_URL: database.url, ...env, ...stormEnv }));
  const enter = async (phone: string) => {
    const person = await signInAs(server.url, phone);
    undo.defer(() => person.client.close());
    return person;
  };
  const sara = await enter('+989140001000');
  const meet = async (phone: string) => {
    const friend = await enter(phone);
    const { userId } = friend;
    const { id: requestId } = await sara.client.friend.request.mutate({ userId });
    await friend.client.friend.accept.mutate({ requestId });
    const { id: conversationId } = await sara.client.chat.start.mutate({ userId });
    /** Ids of what she has said, in the order of the conversation. */
    const said: string[] = [];
    const say = async (text: string): Promise<void> => {
      const message = { conversationId, id: newId(), text };
      const { id, seq } = await sara.client.chat.send.mutate(message);
      said[seq - 1] = id;
    };
    /** Many messages, some side by side. */
    const sayMuch = async (count: number, text: string): Promise<void> => {
      for (let sent = 0; sent < count; sent += atOnce) {
        await Promise.all(Array.from({ length: atOnce }, () => say(text)));
      }
    };
    /** Another device of this friend. @returns also how much had been said when it came */
    const listen = async () => {
      const follower = new Follower({ token: friend.accessToken });
      undo.defer(() => follower.leave());
      await follower.come(server.url);
      return { follower, missed: said.length };
    };
    return { ...friend, said, say, sayMuch, listen };
  };
  return { server, sara, reza: await meet('+989140001001'), nima: await meet('+989140001002') };
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN;
}

test(
  'readers that stop reading are closed, cost little memory, and nobody else notices',
  { timeout: 240_000 },
  async () => {
    await using undo = new AsyncDisposableStack();
    const { server, reza } = await gather(undo, {
      // The collector takes what it can have; here it shall not, so that what is kept is seen.
      NODE_OPTIONS: '--max-old-space-size=80 --max-semi-space-size=2',
    });
    const { follower } = await reza.listen();
    // The process at work takes what memory it needs for as much work without stuck readers.
    await reza.sayMuch(messages / 2, longest);
    const before = residentOf(server.child.pid ?? 0);

    const stuck = await startPausedReaders(stuckReaders, server.url, reza);
    await reza.sayMuch(messages, longest);
    const after = residentOf(server.child.pid ?? 0);
    await reza.say('the last');
    await follower.until(reza.said.length);
    expect(follower.messages).toEqual(reza.said);
    for (const { code } of await readAllAgain(stuck, 'the last')) {
      // Too much waited for it before all was said: it depends on the machine for how long.
      expect([4290, noClose]).toContain(code);
    }
    if (!Number.isNaN(after - before)) {
      // Without a bound it would be 20 MB each. The rest is the breath of the garbage collector.
      expect((after - before) / kibInMib).toBeLessThan(stuckReaders * 2 + 16);
    }
  },
);

test(
  'readers that stop reading are closed in time, and what others get waits for none of them',
  { timeout: 240_000 },
  async ({ skip, onTestFailed }) => {
    skip(!existsSync(connectionList), 'this system does not tell the state of connections');
    await using undo = new AsyncDisposableStack();
    const { server, sara, reza, nima } = await gather(undo, {});
    onTestFailed(() => console.info(server.output()));
    const { url } = server;
    const { said } = reza;
    const early = await reza.listen();
    const took: Record<Phase, number[]> = { quiet: [], stuck: [], closing: [] };
    /** Says one thing after the other, each when the one before has come to everybody who reads. */
    const converse = async (
      readers: readonly { follower: Follower }[],
      tookMs: number[],
      isOver: (count: number) => boolean | Promise<boolean>,
    ): Promise<void> => {
      for (let count = 0; !(await isOver(count)); count += 1) {
        const started = performance.now();
        const heard = readers.map(({ follower }) => follower.until(follower.messages.length + 1));
        await Promise.all([reza.say('hi'), ...heard]);
        tookMs.push(performance.now() - started);
        await wait(pauseMs);
      }
    };
    await converse([early], [], (count) => count === warmUp);

    for (let round = 1; round <= rounds; round += 1) {
      const before = await reza.listen();
      await converse([early, before], took.quiet, (count) => count === talk);
      expect(before.follower.messages).toEqual(said.slice(before.missed));
      await before.follower.leave();

      const stuck = await startPausedReaders(stuckBeside, url, reza);
      // What she says comes to her own devices too, and is more than what comes to a friend's.
      const flooded = await startPausedReaders(2, url, sara);
      const stoppedAt = performance.now();
      // Whatever order readers have, one of these stands before the stuck ones and one behind them.
      const behind = await reza.listen();
      const readers = [early, behind];
      for (let unchanged = 0, last = ''; unchanged < 2;) {
        await reza.sayMuch(atOnce, longest);
        const bytes = await bytesOnTheWay(url, [...stuck, ...flooded]);
        const now = bytes.join(' ');
        unchanged = now === last && !bytes.includes(0) ? unchanged + 1 : 0;
        last = now;
      }
      const fullAt = performance.now();
      const areDropped = async (gone: typeof stuck): Promise<boolean> =>
        performance.now() - fullAt > patience || (await bytesOnTheWay(url, gone)).length === 0;
      await Promise.all(
        readers.map(({ follower, missed }) => follower.until(said.length - missed)),
      );
      await converse(readers, took.stuck, (count) => count === talk);
      // One reads again in time, and has missed nothing: nobody had been closed when that was said.
      const others = stuck.slice(1);
      await reza.say(`in time ${round}`);
      const back = await readAllAgain(stuck.slice(0, 1), `in time ${round}`);
      expect(back).toEqual([{ messages: said.length - behind.missed, code: null }]);

      // Who lets too much pile up is closed at once: others have been stuck for as long, and are not.
      await nima.sayMuch(queueLimit, 'hi');
      await nima.say(`too much ${round}`);
      const floodEnds = readAllAgain(flooded.slice(0, 1), `too much ${round}`);
      await converse(readers, took.closing, () => areDropped(flooded));
      expect(await bytesOnTheWay(url, flooded)).toEqual([]);
      expect(await bytesOnTheWay(url, others)).toHaveLength(others.length);
      expect(await floodEnds).toMatchObject([{ code: 4290 }]);

      // To see that those are dropped who answer nothing takes longer than to hear it from who does.
      const late = isFull ? others.slice(0, 1) : others;
      const never = others.slice(late.length);
      const closedAt = fullAt + closedWithinMs + slackMs;
      await converse(readers, took.closing, () => performance.now() > closedAt);
      await reza.say(`too late ${round}`);
      const ends = await readAllAgain(late, `too late ${round}`);
      expect(ends.map(({ code }) => code)).toEqual(late.map(() => 4290));
      await converse(readers, took.closing, () => areDropped(never));
      const droppedMs = performance.now() - fullAt;
      expect(await bytesOnTheWay(url, never)).toEqual([]);
      if (isFull) {
        console.info(
          `round ${round}: full ${Math.round(fullAt - stoppedAt)} ms after the last read, ` +
            `dropped ${Math.round(droppedMs)} ms after that`,
        );
        expect(droppedMs).toBeLessThan(droppedWithinMs + slackMs);
      }
      expect(behind.follower.messages).toEqual(said.slice(behind.missed));
      await behind.follower.leave();
      [...stuck, ...flooded].forEach(({ socket }) => socket.terminate());
    }
    expect(early.follower.messages).toEqual(said);
    if (isFull) {
      for (const [phase, ms] of Object.entries(took)) {
        console.info(
          `${phase}: ${ms.length} messages, median ${quantile(ms, 0.5).toFixed(2)} ms, ` +
            `95 % within ${quantile(ms, 0.95).toFixed(2)} ms`,
        );
      }
      const bound = 1.5 * quantile(took.quiet, 0.5) + 1;
      expect(quantile(took.stuck, 0.5)).toBeLessThan(bound);
      expect(quantile(took.closing, 0.5)).toBeLessThan(bound);
    }
  },
);
