import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cloneDatabase } from '@chapar/api/testing';
import { newId } from '@chapar/client';
import { expect, test } from 'vitest';
import { startProcess, type ServerProcess } from '../server-process.ts';
import { copyPeople, crowdEnv, isFull, letIn, signInAs } from './crowd.ts';
import { Follower } from './follower.ts';
import { stormEnv } from './storm.ts';

const wave = 50;
/** Until what is made once is there: connections to the database, compiled code. */
const warmUp = 8;
const waves = isFull ? 600 : 42;
const lookEvery = isFull ? 20 : 3;
const patience = isFull ? 600_000 : 120_000;
/** Of what a socket leaves behind it would be 1,500 bytes in the short form, 100 in the full one. */
const growthBytes = 1024 ** 2;
/** For the server to have closed what others have left. */
const settleMs = 1_000;
const secret = 'of-those-who-come-and-go-nothing-is-to-stay';
const tellHeap = fileURLToPath(new URL('./tell-heap.ts', import.meta.url));

async function openFiles({ child }: ServerProcess): Promise<number> {
  return (await readdir(`/proc/${String(child.pid)}/fd`)).length;
}

/** Bytes of the heap that are in use. */
async function heapBytes({ child, output }: ServerProcess): Promise<number> {
  const told = (): string[] => output().match(/^heap \d+$/gm) ?? [];
  const before = told().length;
  child.kill('SIGWINCH');
  await expect.poll(() => told().length, { timeout: 10_000, interval: 10 }).toBe(before + 1);
  return Number(told().at(-1)?.slice('heap '.length));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

test(
  `${waves * wave} sockets come, follow and leave again, and nothing of them stays`,
  { timeout: patience },
  async ({ skip }) => {
    skip(!existsSync('/proc/self/fd'), 'this system does not tell what files a process has open');
    await using database = await cloneDatabase();
    await using server = await startProcess({
      DATABASE_URL: database.url,
      SECRET_KEY: secret,
      NODE_OPTIONS: `--import=${tellHeap}`,
      ...stormEnv,
      ...crowdEnv,
    });
    const writer = await signInAs(server.url, '+989140001000');
    const reader = await signInAs(server.url, '+989140001001');
    const { userId } = reader;
    const { id: requestId } = await writer.client.friend.request.mutate({ userId });
    await reader.client.friend.accept.mutate({ requestId });
    await reader.client.close();
    const { id: conversationId } = await writer.client.chat.start.mutate({ userId });
    const people = await copyPeople(database.url, { like: userId, secret, count: wave });
    await letIn(database.url, [{ id: conversationId, people }]);

    /** Everybody comes, hears one message and leaves, every second one without a word. */
    const comeAndGo = async (): Promise<void> => {
      const followers = people.map((person) => new Follower(person));
      await Promise.all(followers.map((follower) => follower.come(server.url)));
      await writer.client.chat.send.mutate({ conversationId, id: newId(), text: 'hi' });
      await Promise.all(followers.map((follower) => follower.until(1)));
      await Promise.all(
        followers.map((follower, index) => follower.leave(index % 2 === 0 ? 'close' : 'terminate')),
      );
    };
    for (let n = 0; n < warmUp; n += 1) {
      await comeAndGo();
    }
    await wait(settleMs);
    const files = await openFiles(server);
    const heap: number[] = [];
    for (let n = 1; n <= waves; n += 1) {
      await comeAndGo();
      if (n % lookEvery === 0) {
        heap.push(await heapBytes(server));
      }
    }
    const third = heap.length / 3;
    const [middle, last] = [heap.slice(third, 2 * third), heap.slice(2 * third)];
    await expect.poll(() => openFiles(server), { timeout: 15_000 }).toBeLessThanOrEqual(files);
    expect(median(last) - median(middle)).toBeLessThan(growthBytes);
    await writer.client.close();
  },
);
