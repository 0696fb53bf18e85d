import { setTimeout as wait } from 'node:timers/promises';
import { cloneDatabase } from '@chapar/api/testing';
import { createChaparClient } from '@chapar/client';
import { expect, test } from 'vitest';
import { startProcess } from '../server-process.ts';
import { startBalancer, targetOf } from './balancer.ts';
import { stormEnv } from './storm.ts';

/**
 * A call waits 5 s for who it is, 5 s for a connection, and 16 s for an answer on it: a second more than a
 * statement may take. The rest is what a busy machine needs.
 */
const withinMs = 30_000;
/** As many connections as are open when the line falls silent. */
const atOnce = 10;
/** Nobody waits for so long but on a connection that says nothing. */
const onConnectionMs = 15_000;
const mostRounds = 3;
const askForMs = 10_000;
const askEveryMs = 250;

const calls = [
  ['user.me'],
  // In a transaction.
  ['user.update', { firstName: 'Sara' }],
] as const;

interface Answer {
  status: number;
  body: unknown;
  ms: number;
}

/** Asks once; a client of ours would try again by itself. @throws when there is no answer in time */
async function ask(
  { url, token }: { url: string; token: string },
  [path, input]: (typeof calls)[number],
): Promise<Answer> {
  const started = performance.now();
  const response = await fetch(`${url}/trpc/${path}`, {
    method: input ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(input && { body: JSON.stringify({ json: input }) }),
    signal: AbortSignal.timeout(withinMs),
  });
  const body: unknown = await response.json();
  return { status: response.status, body, ms: performance.now() - started };
}

const outage = {
  error: { json: { data: { appCode: 'UNAVAILABLE', appData: { retryAfterSeconds: 2 } } } },
};

test(
  'connections to PostgreSQL that fall silent are given up: callers are told in time, and served by new ones',
  { timeout: 180_000 },
  async () => {
    await using database = await cloneDatabase();
    await using line = await startBalancer([targetOf(database.url)]);
    const url = new URL(database.url);
    url.port = String(line.port);
    await using server = await startProcess({ DATABASE_URL: url.href, HUB: 'memory', ...stormEnv });
    await using client = createChaparClient({ url: server.url });
    const { challengeId } = await client.otp.request.mutate({ phone: '+989140001000' });
    const { accessToken } = await client.otp.verify.mutate({ challengeId, code: '123456' });
    const place = { url: server.url, token: accessToken };
    const askAll = (): Promise<Answer>[] => calls.map((call) => ask(place, call));
    const askMany = (): Promise<Answer>[] => Array.from({ length: atOnce }, askAll).flat();
    let longest = 0;
    // On a busy machine idle connections may have been closed before anybody waits on them.
    for (let round = 1; round <= mostRounds && longest <= onConnectionMs; round += 1) {
      await Promise.all(askMany());
      line.freeze();
      const asked = askMany();
      const until = performance.now() + askForMs;
      while (performance.now() < until) {
        asked.push(...askAll());
        await wait(askEveryMs);
      }
      const answers = await Promise.all(asked);
      const refused = answers.filter(({ status }) => status !== 200);
      for (const answer of refused) {
        expect(answer).toMatchObject({ status: 503, body: outage });
      }
      longest = Math.max(longest, ...refused.map(({ ms }) => ms));
    }
    // Some were waiting on the connections of the main pool.
    expect(longest).toBeGreaterThan(onConnectionMs);
    const afterwards = await Promise.all(askMany());
    expect(afterwards.map(({ status }) => status)).toEqual(afterwards.map(() => 200));
    await server.killGroup();
  },
);
