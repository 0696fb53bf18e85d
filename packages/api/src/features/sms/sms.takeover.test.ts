import { expect, test, vi } from 'vitest';
import { transaction } from '../../database/transaction.ts';
import type { SmsResult, SmsTry } from '../../deps.ts';
import { day, hour, minute, second } from '../../kernel/duration.ts';
import { sweep } from '../../sweep.ts';
import { createTestApi, refused, type TestApi } from '../../testing/index.ts';
import { queueSms } from './sms.outbox.ts';
import { sendSms } from './sms.send.ts';

const phone = '+989121110001';
const other = '01890a5d-ac96-774b-bcce-b302099a8057';

/** Queues a message of two minutes' life as the product does. */
async function queue(api: TestApi, purpose: 'code' | 'notice'): Promise<string> {
  const call = api.anonymous().call();
  const id = api.app.deps.newId();
  await transaction(call, (tx) =>
    queueSms(call, tx.db, {
      id,
      to: phone,
      purpose,
      content: { kind: 'text', text: `${purpose} ${id}` },
      expiresAt: new Date(call.now.getTime() + 2 * minute),
      onRefused: 'otp.refused',
    }),
  );
  return id;
}

async function rowOf(api: TestApi, id: string) {
  return api.app.db
    .selectFrom('sms_messages')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}

async function jobsOf(api: TestApi): Promise<string[]> {
  const { rows } = await api.database.pool.query<{ key: string }>(
    'select key from graphile_worker._private_jobs order by key',
  );
  return rows.map(({ key }) => key);
}

const to = (provider: string, more: Partial<SmsTry> = {}): SmsTry => ({
  provider,
  action: 'send',
  lostAt: [],
  ...more,
});

const accepted: SmsResult = {
  outcome: { outcome: 'accepted', providerMessageId: '77' },
  provider: 'fake',
  attempts: [],
};
const nobody: SmsResult = { outcome: refused('auth'), provider: 'fake', attempts: [] };

/** What the gateway does with the next message, instead of sending it. */
function nextSend(
  api: TestApi,
  work: (onTry: (attempt: SmsTry) => Promise<void>) => Promise<SmsResult>,
): void {
  vi.spyOn(api.sms, 'send').mockImplementationOnce((_message, { onTry }) => work(onTry));
}

test('M4: who has lost a message writes no end, unless it is that it was accepted', async () => {
  await using api = await createTestApi();
  const takeOver = () => api.app.db.updateTable('sms_messages').set({ claim: other }).execute();
  for (const [result, status, claim] of [
    [nobody, 'sending', other],
    [accepted, 'accepted', null],
  ] as const) {
    const id = await queue(api, 'code');
    nextSend(api, async (onTry) => {
      await onTry(to('fake'));
      await takeOver();
      return result;
    });
    await sendSms(api.app, { id });
    await expect(rowOf(api, id)).resolves.toMatchObject({ status, claim });
  }
  expect(await jobsOf(api)).not.toContainEqual(expect.stringContaining('otp.refused'));
});

test('M4: each call of a provider shows that the sender lives, and a repeat keeps the first instant', async () => {
  await using api = await createTestApi();
  const id = await queue(api, 'code');
  const began = api.clock.now();
  nextSend(api, async (onTry) => {
    await onTry(to('fake'));
    api.clock.advance(20 * second);
    await onTry(to('fake', { action: 'repeat' }));
    api.clock.advance(20 * second);
    // Forty seconds after it began, twenty after its last sign.
    await sendSms(api.app, { id });
    await expect(rowOf(api, id)).resolves.toMatchObject({ tries: 1, tried_at: began });
    await onTry(to('next', { lostAt: ['fake'] }));
    await expect(rowOf(api, id)).resolves.toMatchObject({
      provider: 'next',
      tried_at: api.clock.now(),
      lost_providers: ['fake'],
    });
    return accepted;
  });
  await sendSms(api.app, { id });
  await expect(rowOf(api, id)).resolves.toMatchObject({ status: 'accepted', tries: 1 });
  expect(api.sms.sent).toEqual([]);
});

test('M4: a job that finds the message in work leaves another that looks again', async () => {
  await using api = await createTestApi();
  const id = await queue(api, 'notice');
  await api.database.pool.query('delete from graphile_worker._private_jobs');
  nextSend(api, async (onTry) => {
    await onTry(to('fake'));
    await sendSms(api.app, { id });
    expect(await jobsOf(api)).toEqual([`sms.send:${id}`]);
    return accepted;
  });
  await sendSms(api.app, { id });
  await api.runLaterJobs();
  await expect(rowOf(api, id)).resolves.toMatchObject({ status: 'accepted', tries: 1 });
});

test('M4: the next run tells the gateway who was asked last, and who may have it besides', async () => {
  await using api = await createTestApi();
  const id = await queue(api, 'code');
  const stop = new Error('the process was killed');
  nextSend(api, async (onTry) => {
    await onTry(to('one'));
    await onTry(to('two', { lostAt: ['one'] }));
    vi.spyOn(api.app.db, 'transaction').mockImplementationOnce(() => {
      throw stop;
    });
    throw stop;
  });
  const triedAt = api.clock.now();
  await expect(sendSms(api.app, { id })).rejects.toBe(stop);
  api.clock.advance(31 * second);
  const resume = vi.spyOn(api.sms, 'resume');
  await sendSms(api.app, { id });
  expect(resume.mock.calls[0]?.[1]).toEqual({ provider: 'two', triedAt, lostAt: ['one'] });
});

test('M13: a code whose time is over goes to no further provider, and is void if nobody has it', async () => {
  await using api = await createTestApi();
  for (const [lostAt, status, isTold] of [
    [[], 'expired', true],
    [['fake'], 'unknown', false],
  ] as const) {
    const id = await queue(api, 'code');
    nextSend(api, async (onTry) => {
      await onTry(to('fake'));
      api.clock.advance(2 * minute);
      await onTry(to('next', { lostAt }));
      throw new Error('it was sent too late');
    });
    await sendSms(api.app, { id });
    await expect(rowOf(api, id)).resolves.toMatchObject({ status, sealed: null });
    expect((await jobsOf(api)).includes(`otp.refused:${id}`)).toBe(isTold);
  }
});

test('M13: a message that is late may still be asked after', async () => {
  await using api = await createTestApi();
  const id = await queue(api, 'code');
  nextSend(api, async (onTry) => {
    await onTry(to('fake'));
    api.clock.advance(2 * minute);
    await onTry(to('fake', { action: 'find' }));
    return accepted;
  });
  await sendSms(api.app, { id });
  await expect(rowOf(api, id)).resolves.toMatchObject({ status: 'accepted' });
});

test('M13: a database that is away when a try is written down stops it, and loses nothing', async () => {
  await using api = await createTestApi();
  const id = await queue(api, 'notice');
  nextSend(api, async (onTry) => {
    vi.spyOn(api.app.db, 'updateTable').mockImplementationOnce(() => {
      throw new Error('the database is away');
    });
    await onTry(to('fake'));
    return accepted;
  });
  await expect(sendSms(api.app, { id })).rejects.toThrow('the database is away');
  await expect(rowOf(api, id)).resolves.toMatchObject({ status: 'sending', provider: null });
  api.clock.advance(30 * second);
  await sendSms(api.app, { id });
  expect(api.sms.sent).toHaveLength(1);
});

test('M13: a gateway that fails before it has asked anybody has sent nothing', async () => {
  await using api = await createTestApi();
  const id = await queue(api, 'code');
  nextSend(api, () => Promise.reject(new TypeError('no provider')));
  await sendSms(api.app, { id });
  await expect(rowOf(api, id)).resolves.toMatchObject({ status: 'rejected', error: 'TypeError' });
});

test('M14: of a code that may have been sent nothing is kept either', async () => {
  await using api = await createTestApi();
  const [code, notice] = [await queue(api, 'code'), await queue(api, 'notice')];
  const slow = { outcome: 'unknown', reason: 'timeout' } as const;
  api.sms.answers.push(slow, slow);
  await api.runJobs();
  expect((await rowOf(api, code)).sealed).toBeNull();
  expect((await rowOf(api, notice)).sealed).not.toBeNull();
});

test('a code passes all that waits, and the gateway is told what is one', async () => {
  await using api = await createTestApi();
  for (let i = 0; i < 3; i += 1) {
    await queue(api, 'notice');
  }
  await queue(api, 'code');
  await api.runJobs();
  expect(api.sms.sent.map(({ isCode }) => isCode)).toEqual([true, false, false, false]);
});

test('M4: a message whose job is gone gets another one, and one that waits for its time keeps it', async () => {
  await using api = await createTestApi();
  const [lost, waiting] = [await queue(api, 'notice'), await queue(api, 'notice')];
  const { pool } = api.database;
  await pool.query('delete from graphile_worker._private_jobs where key = $1', [
    `sms.send:${lost}`,
  ]);
  await pool.query(`update graphile_worker._private_jobs set run_at = now() + interval '1 hour'`);
  await api.app.db
    .updateTable('sms_messages')
    .set({ expires_at: new Date(api.clock.now().getTime() + day) })
    .execute();
  await sweep(api.app);
  expect(await jobsOf(api)).toEqual([`sms.send:${waiting}`]);
  api.clock.advance(11 * minute);
  await sweep(api.app);
  await api.runJobs();
  expect(api.sms.sent.map(({ text }) => text)).toEqual([`notice ${lost}`]);
  expect(await jobsOf(api)).toContain(`sms.send:${waiting}`);
});

test('M4: the log forgets what is old, but nothing that is still to be sent', async () => {
  await using api = await createTestApi();
  const [sent, dead] = [await queue(api, 'notice'), await queue(api, 'notice')];
  await api.runJobs();
  const later = new Date(api.clock.now().getTime() + 40 * day);
  const waits = { status: 'waiting' as const, expires_at: later };
  await api.app.db.updateTable('sms_messages').set(waits).where('id', '=', dead).execute();
  api.clock.advance(29 * day + 23 * hour);
  expect(await sweep(api.app)).toMatchObject({ sms: 0 });
  api.clock.advance(hour);
  expect(await sweep(api.app)).toMatchObject({ sms: 1 });
  await expect(rowOf(api, dead)).resolves.toBeDefined();
  await expect(rowOf(api, sent)).rejects.toThrow('no result');
});

test('M4: the gateway can ask which other messages to the number a provider has', async () => {
  await using api = await createTestApi();
  const first = await queue(api, 'notice');
  await api.runJobs();
  const known = await rowOf(api, first);
  const id = await queue(api, 'code');
  const told: unknown[] = [];
  vi.spyOn(api.sms, 'send').mockImplementationOnce(async (_message, { onTry, othersAt }) => {
    await onTry(to('fake'));
    told.push(await othersAt('fake'), await othersAt('next'));
    return accepted;
  });
  await sendSms(api.app, { id });
  expect(told).toEqual([[known.provider_message_id], []]);
});
