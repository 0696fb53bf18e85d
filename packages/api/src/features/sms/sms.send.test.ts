import { expect, test, vi } from 'vitest';
import { transaction } from '../../database/transaction.ts';
import type { SmsResult } from '../../deps.ts';
import { day, hour, minute, second } from '../../kernel/duration.ts';
import {
  atOnce,
  createTestApi,
  expectAppError,
  refused,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';
import { queueSms } from './sms.outbox.ts';
import { sendSms } from './sms.send.ts';

const phone = '+989121110001';
const text = 'بسته شما رسید.';
const asking = { provider: 'fake', action: 'send' as const, lostAt: [] };

async function queueText(api: TestApi, staff: Actor): Promise<string> {
  const { id } = await staff.api.sms.send({ id: api.app.deps.newId(), phone, text });
  return id;
}

/** Queues a code as `otp` does. */
async function queueCode(api: TestApi, code: string, lifeMs = 2 * minute): Promise<string> {
  const call = api.anonymous().call();
  const id = api.app.deps.newId();
  const content = { kind: 'template' as const, template: 'otp.login', language: 'en' as const };
  await transaction(call, (tx) =>
    queueSms(call, tx.db, {
      id,
      to: phone,
      purpose: 'code',
      content: { ...content, values: { code } },
      secretValues: ['code'],
      expiresAt: new Date(call.now.getTime() + lifeMs),
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

test('M4: message and job are there together, or neither when the transaction is taken back', async () => {
  await using api = await createTestApi();
  const call = api.anonymous().call();
  const id = api.app.deps.newId();
  const doomed = transaction(call, async (tx) => {
    const content = { kind: 'text' as const, text };
    const expiresAt = new Date(call.now.getTime() + day);
    await queueSms(call, tx.db, { id, to: phone, purpose: 'notice', content, expiresAt });
    throw new Error('no after all');
  });
  await expect(doomed).rejects.toThrow('no after all');
  await api.runJobs();
  expect(api.sms.sent).toEqual([]);
  await expect(rowOf(api, id)).rejects.toThrow('no result');
});

test('M4: a message whose job runs many times at once is sent once', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  const id = await queueText(api, staff);
  await atOnce(12, () => sendSms(api.app, { id }));
  await api.runLaterJobs();
  expect(api.sms.to(phone)).toHaveLength(1);
  await expect(rowOf(api, id)).resolves.toMatchObject({ status: 'accepted', tries: 1 });
});

test('M4: who is asked is written down before, and nothing is sent when that cannot be', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  const id = await queueText(api, staff);
  const { send } = api.sms;
  const before = vi.spyOn(api.sms, 'send').mockImplementationOnce(async (message, trying) => {
    await trying.onTry(asking);
    await expect(rowOf(api, id)).resolves.toMatchObject({ status: 'sending', provider: 'fake' });
    // Somebody else takes the message over: whatever this one does now could be a double.
    await api.app.db.updateTable('sms_messages').set({ claim: id }).execute();
    return send.call(api.sms, message, trying);
  });
  await sendSms(api.app, { id });
  expect(before).toHaveBeenCalledOnce();
  expect(api.sms.to(phone)).toEqual([]);
  await expect(rowOf(api, id)).resolves.toMatchObject({ status: 'sending', claim: id });
});

test('M4: a message whose sender stopped is asked after first, and not before it must have stopped', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  const [gone, kept] = [await queueText(api, staff), await queueText(api, staff)];
  const stop = new Error('the process was killed');
  for (const [id, hasGone] of [
    [gone, true],
    [kept, false],
  ] as const) {
    vi.spyOn(api.sms, 'send').mockImplementationOnce(async (message, { onTry }) => {
      await onTry(asking);
      if (hasGone) {
        api.sms.sent.push({ to: message.to, text, ref: message.ref, isCode: false });
      }
      // What a killed process leaves: a claimed row that nobody finishes.
      vi.spyOn(api.app.db, 'transaction').mockImplementationOnce(() => {
        throw stop;
      });
      throw new Error('no answer');
    });
    await expect(sendSms(api.app, { id })).rejects.toBe(stop);
  }
  api.clock.advance(29 * second);
  await api.runLaterJobs();
  expect(api.sms.resumed).toEqual([]);
  api.clock.advance(second);
  await Promise.all(
    [gone, kept].flatMap((id) => [id, id, id]).map((id) => sendSms(api.app, { id })),
  );
  await api.runLaterJobs();
  expect(api.sms.resumed).toHaveLength(2);
  expect(api.sms.to(phone)).toHaveLength(2);
  for (const id of [gone, kept]) {
    await expect(rowOf(api, id)).resolves.toMatchObject({ status: 'accepted', tries: 2 });
  }
});

test('M12, M13: what passes is tried again after growing waits, then it is a dead letter', async () => {
  await using api = await createTestApi();
  const [staff, user] = [await api.signUp({ role: 'staff' }), await api.signUp()];
  const [live, others] = [await staff.listen(), await user.listen()];
  api.sms.answers.push(...Array.from({ length: 5 }, () => refused('auth')));
  const id = await queueText(api, staff);
  const tries: number[] = [];
  for (const wait of [0, 30 * second, 2 * minute, 10 * minute, hour, day / 2]) {
    api.clock.advance(wait);
    await api.runLaterJobs();
    tries.push((await rowOf(api, id)).tries);
  }
  expect(tries).toEqual([1, 2, 3, 4, 5, 5]);
  const dead = await staff.api.sms.get({ id });
  expect(dead).toMatchObject({ status: 'dead', error: 'auth', providerCode: '418' });
  expect(dead.attempts).toHaveLength(5);
  const alert = { topic: 'sms.dead', subject: id, detail: 'auth' };
  await expect
    .poll(() => live.events)
    .toContainEqual(expect.objectContaining({ type: 'admin.alert', body: alert }));
  expect(others.events.filter(({ type }) => type === 'admin.alert')).toEqual([]);
  const listed = await staff.api.sms.list({ status: 'dead' });
  expect(listed.items.map((item) => item.id)).toEqual([id]);

  await expectAppError(user.api.sms.retry({ id }), 'STAFF_ONLY');
  await expect(staff.api.sms.retry({ id })).resolves.toMatchObject({ status: 'waiting' });
  await expectAppError(staff.api.sms.retry({ id }), 'SMS_NOT_RETRYABLE');
  await api.runJobs();
  expect(api.sms.to(phone)).toHaveLength(6);
  await expect(staff.api.sms.get({ id })).resolves.toMatchObject({
    status: 'accepted',
    error: null,
    providerCode: null,
  });
  await expectAppError(staff.api.sms.retry({ id }), 'SMS_NOT_RETRYABLE');
});

test('M12: a number that cannot be is refused for good, and told apart from a bad key', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  api.sms.answers.push(refused('bad-number', 'recipient'));
  const id = await queueText(api, staff);
  await api.runLaterJobs();
  await api.runLaterJobs();
  expect(api.sms.to(phone)).toHaveLength(1);
  const sms = await staff.api.sms.get({ id });
  expect(sms).toMatchObject({ status: 'rejected', error: 'bad-number' });
  await expect(rowOf(api, id)).resolves.toMatchObject({ sealed: null });
});

test('M13: when nobody knows whether it was sent it is sent again only by somebody who says so', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  api.sms.answers.push({ outcome: 'unknown', reason: 'timeout' });
  const id = await queueText(api, staff);
  api.sms.answers.push(new TypeError('a gateway that breaks its word'));
  const other = await queueText(api, staff);
  await api.runLaterJobs();
  await api.runLaterJobs();
  expect(api.sms.to(phone)).toHaveLength(2);
  const both = await staff.api.sms.list({ status: 'unknown' });
  expect(both.items.map((sms) => sms.error ?? '').toSorted()).toEqual(['TypeError', 'timeout']);
  await expectAppError(staff.api.sms.retry({ id }), 'SMS_NOT_RETRYABLE');
  const results = await atOnce(6, () => staff.api.sms.retry({ id, evenIfSent: true }));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  await api.runLaterJobs();
  expect(api.sms.to(phone)).toHaveLength(3);
  await expect(rowOf(api, other)).resolves.toMatchObject({ status: 'unknown', provider: 'fake' });
});

test('M13: a code that is late is not sent any more', async () => {
  await using api = await createTestApi();
  const id = await queueCode(api, '48213', minute);
  api.clock.advance(minute);
  await api.runJobs();
  expect(api.sms.sent).toEqual([]);
  await expect(rowOf(api, id)).resolves.toMatchObject({ status: 'expired', sealed: null });
});

test('M14: of a code only dots are kept; the job and the row hold it encrypted until it has gone', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  const id = await queueCode(api, '48213');
  const { rows } = await api.database.pool.query<{ job: string }>(
    'select j::text as job from graphile_worker._private_jobs j',
  );
  expect(rows.map(({ job }) => job).join('\n')).not.toMatch(/48213|9121110001/);
  const waiting = await rowOf(api, id);
  expect(waiting.sealed).not.toBeNull();
  expect(JSON.stringify(waiting)).not.toContain('48213');
  await api.runJobs();
  expect(api.sms.to(phone).join('\n')).toContain('48213');
  const sent = await staff.api.sms.get({ id });
  expect(sent.text).toBe('Chapar\nYour login code: •••••\nDo not share it with anyone.');
  const { sealed, text: kept } = await rowOf(api, id);
  expect([sealed, kept]).toEqual([null, sent.text]);
});

test('M14: what is sealed for one message opens for no other', async () => {
  await using api = await createTestApi();
  const [one, other] = [await queueCode(api, '48213'), await queueCode(api, '99999')];
  const { sealed } = await rowOf(api, one);
  await api.app.db.updateTable('sms_messages').set({ sealed }).where('id', '=', other).execute();
  await api.runJobs();
  expect(api.sms.to(phone)).toHaveLength(1);
  await expect(rowOf(api, other)).resolves.toMatchObject({
    status: 'rejected',
    error: 'unreadable',
    sealed: null,
  });
});

test('M13: a provider that takes its time keeps nobody waiting, and other messages pass it', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  const { promise: answer, resolve } = Promise.withResolvers<SmsResult>();
  const slow = await queueText(api, staff);
  const send = vi.spyOn(api.sms, 'send').mockImplementationOnce(async (_message, { onTry }) => {
    await onTry(asking);
    return answer;
  });
  const sending = sendSms(api.app, { id: slow });
  // The slow answer is for this one, whichever of the two gets to the provider first.
  await vi.waitUntil(() => send.mock.calls.length === 1);
  const quick = await queueText(api, staff);
  await sendSms(api.app, { id: quick });
  await expect(staff.api.sms.get({ id: quick })).resolves.toMatchObject({ status: 'accepted' });
  await expect(staff.api.sms.get({ id: slow })).resolves.toMatchObject({ status: 'sending' });
  resolve({
    outcome: {
      outcome: 'accepted',
      providerMessageId: '9007199254740993',
      parts: 2,
      cost: { amount: '2400', unit: 'IRR' },
    },
    provider: 'fake',
    attempts: [],
  });
  await sending;
  await expect(staff.api.sms.get({ id: slow })).resolves.toMatchObject({
    status: 'accepted',
    providerMessageId: '9007199254740993',
    parts: 2,
    cost: { amount: '2400', unit: 'IRR' },
  });
});
