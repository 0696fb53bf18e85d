import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { openDatabase, type Database } from '@chapar/api';
import { cloneDatabase } from '@chapar/api/testing';
import { createChaparClient } from '@chapar/client';
import { FakeKavenegar } from '@chapar/sms/testing';
import { expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { startProcess } from './server-process.ts';

/** A second SMS would have come by then: jobs are freed after three seconds. */
const quietMs = 6_000;

/** What a server needs to send by the fake, and to be started again as the same one. */
async function envFor(database: { url: string }, fake: FakeKavenegar) {
  return {
    PORT: String(await freePort()),
    DATABASE_URL: database.url,
    SECRET_KEY: 'nine-lives-of-a-server-that-is-killed-9',
    SMS_PROVIDERS: 'kavenegar',
    KAVENEGAR_API_KEY: 'right-key',
    KAVENEGAR_URL: fake.url,
  };
}

async function open(url: string): Promise<Database & AsyncDisposable> {
  const database = await openDatabase({ url });
  return { ...database, [Symbol.asyncDispose]: () => database.close() };
}

/** SMS that the provider has sent to a number. */
function sentTo(fake: FakeKavenegar, phone: string): string[] {
  return fake.log.filter(({ to }) => to.endsWith(phone.slice(3))).map(({ text }) => text);
}

/**
 * Instead of waiting half a minute until the sender's claim of a message has run out. Only to be
 * called while no server runs.
 */
async function skipLease({ pool }: Database): Promise<void> {
  await pool.query(`update sms_messages set claimed_at = claimed_at - interval '1 minute'`);
  await pool.query('update graphile_worker._private_jobs set run_at = least(run_at, now())');
}

test('killed before it could send, it sends the code once it is back, and once only', async () => {
  await using fake = await new FakeKavenegar().start();
  await using copy = await cloneDatabase();
  await using database = await open(copy.url);
  const env = await envFor(copy, fake);
  const phone = '+989120002001';
  await using before = await startProcess(env);
  const holder = await database.pool.connect();
  await holder.query('begin');
  await holder.query('lock table sms_messages in exclusive mode');
  const client = createChaparClient({ url: before.url });
  const { challengeId } = await client.otp.request.mutate({ phone });
  await expect
    .poll(async () => (await waitersFor(database)).length, { timeout: 5_000 })
    .toBeGreaterThan(0);
  await before.killGroup();
  await holder.query('rollback');
  holder.release();
  expect(fake.log).toEqual([]);

  await using after = await startProcess(env);
  await expect.poll(() => sentTo(fake, phone), { timeout: 15_000 }).toHaveLength(1);
  expect(after.output()).toContain('jobs of a worker that is gone were freed');
  await wait(quietMs);
  expect(fake.log).toHaveLength(1);
  const code = /\d{6}/.exec(sentTo(fake, phone)[0] ?? '')?.[0] ?? '';
  expect((await client.otp.verify.mutate({ challengeId, code })).user).toMatchObject({ phone });
  await client.close();
}, 60_000);

/** Sessions of the server that wait for the table. */
async function waitersFor({ pool }: Database): Promise<unknown[]> {
  const { rows } = await pool.query<object>(
    `select from pg_locks where relation = 'sms_messages'::regclass and not granted`,
  );
  return rows;
}

test('killed while the provider has the SMS and has not answered, it sends no second one', async () => {
  await using fake = await new FakeKavenegar({ lateMs: 20_000 }).start();
  await using copy = await cloneDatabase();
  await using database = await open(copy.url);
  const env = await envFor(copy, fake);
  const phone = '+989120000010';
  await using before = await startProcess(env);
  const client = createChaparClient({ url: before.url });
  const { challengeId } = await client.otp.request.mutate({ phone });
  await expect.poll(() => sentTo(fake, phone), { timeout: 5_000 }).toHaveLength(1);
  await before.killGroup();
  const stateOf = async (): Promise<unknown> => {
    const { rows } = await database.pool.query('select status, claim from sms_messages');
    return rows;
  };
  expect(await stateOf()).toMatchObject([{ status: 'sending' }]);
  await skipLease(database);

  await using after = await startProcess(env);
  const accepted = [{ status: 'accepted', claim: null }];
  await expect.poll(stateOf, { timeout: 20_000 }).toEqual(accepted);
  expect(after.output()).toContain('jobs of a worker that is gone were freed');
  await wait(quietMs);
  expect(fake.log).toHaveLength(1);
  const code = /\d{6}/.exec(sentTo(fake, phone)[0] ?? '')?.[0] ?? '';
  expect((await client.otp.verify.mutate({ challengeId, code })).user).toMatchObject({ phone });
  await client.close();
}, 60_000);

test('killed three times at any moment, it sends one SMS for each request', async () => {
  // Every number ends in 0010: the provider takes its time, so that a kill hits all stages.
  await using fake = await new FakeKavenegar({ lateMs: 200 }).start();
  await using copy = await cloneDatabase();
  await using database = await open(copy.url);
  const env = await envFor(copy, fake);
  const phones = Array.from({ length: 10 }, (_, index) => `+98912${100 + index}0010`);
  const moments = [randomInt(400), randomInt(400), randomInt(400)];
  await using servers = new AsyncDisposableStack();
  let server = servers.use(await startProcess(env));
  const { url } = server;
  const asking = askAll(url, phones);
  for (const moment of moments) {
    await wait(moment);
    await server.killGroup();
    await skipLease(database);
    server = servers.use(await startProcess(env));
  }
  await asking;
  const counts = (): number[] => phones.map((phone) => sentTo(fake, phone).length);
  const once = phones.map(() => 1);
  const message = `killed after ${moments.join(', ')} ms`;
  await expect.poll(counts, { timeout: 20_000, message }).toEqual(once);
  await wait(quietMs);
  expect(counts()).toEqual(once);
  const { rows } = await database.pool.query('select distinct status from sms_messages');
  expect(rows).toEqual([{ status: 'accepted' }]);
}, 120_000);

/** Asks for a code for each number, one after another, as often as it takes until it is taken. */
async function askAll(url: string, phones: readonly string[]): Promise<void> {
  for (const phone of phones) {
    for (let tries = 0; !(await isTaken(url, phone)); tries += 1) {
      expect(tries).toBeLessThan(300);
      await wait(100);
    }
  }
}

/** An answer that was lost leaves a code behind, for which it is too soon to ask again. */
async function isTaken(url: string, phone: string): Promise<boolean> {
  const request = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const body = JSON.stringify({ json: { phone } });
  try {
    const answer = await fetch(`${url}/trpc/otp.request`, { ...request, body });
    return answer.ok || (await answer.text()).includes('OTP_RESEND_TOO_SOON');
  } catch {
    return false;
  }
}
