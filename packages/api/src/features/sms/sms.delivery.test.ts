import { expect, test, vi } from 'vitest';
import { day, minute, second } from '../../kernel/duration.ts';
import { atOnce, createTestApi, type TestApi } from '../../testing/index.ts';
import { pollSms, receiveSmsReports } from './sms.delivery.ts';

const phone = '+989121110001';

/** Sends texts. @returns their ids and those of the provider */
async function send(api: TestApi, count: number): Promise<{ id: string; providerId: string }[]> {
  const staff = await api.signUp({ role: 'staff' });
  const sent: { id: string; providerId: string }[] = [];
  for (let i = 0; i < count; i += 1) {
    const id = api.app.deps.newId();
    await staff.api.sms.send({ id, phone, text: `text ${i}` });
    await api.runJobs();
    const { providerMessageId } = await staff.api.sms.get({ id });
    sent.push({ id, providerId: providerMessageId ?? '' });
  }
  api.sms.asked.length = 0;
  return sent;
}

function rows(api: TestApi) {
  return api.app.db
    .selectFrom('sms_messages')
    .select(['id', 'delivery', 'delivery_at', 'poll_at', 'polls'])
    .where('recipient', '=', phone)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

test('M4: the provider is asked until it knows, seldomer and seldomer, and then never again', async () => {
  await using api = await createTestApi();
  const [sms] = await send(api, 1);
  const states = ['queued', 'sent-to-carrier', 'sent-to-carrier', 'delivered'] as const;
  for (const state of states) {
    api.sms.states.set(sms?.providerId ?? '', state);
    api.clock.advance(10 * minute);
    await api.runLaterJobs();
    await expect(rows(api)).resolves.toMatchObject([{ delivery: state }]);
  }
  const asked = (): number =>
    api.sms.asked.filter((ids) => ids.includes(sms?.providerId ?? '')).length;
  expect(asked()).toBe(4);
  await expect(rows(api)).resolves.toMatchObject([{ poll_at: null, polls: 4 }]);
  api.clock.advance(day);
  await api.runLaterJobs();
  expect(asked()).toBe(4);
});

test('M4: a message that is not due is not asked after, and one that nobody knows is given up', async () => {
  await using api = await createTestApi();
  const [sms] = await send(api, 1);
  api.clock.advance(second);
  await pollSms(api.app, { provider: 'fake' });
  expect(api.sms.asked).toEqual([]);
  for (let i = 0; i < 60; i += 1) {
    api.clock.advance(60 * minute);
    await api.runLaterJobs();
  }
  const mine = api.sms.asked.filter((ids) => ids.includes(sms?.providerId ?? ''));
  expect(mine.length).toBeGreaterThan(5);
  expect(mine.length).toBeLessThan(12);
  await expect(rows(api)).resolves.toMatchObject([{ poll_at: null, delivery: null }]);
});

test('M4: many messages share a question, and of several who ask at once one asks after each', async () => {
  await using api = await createTestApi();
  const sent = await send(api, 7);
  api.clock.advance(5 * minute);
  await atOnce(5, () => pollSms(api.app, { provider: 'fake' }));
  const asked = api.sms.asked.flat().filter((id) => sent.some((sms) => sms.providerId === id));
  expect(asked.toSorted()).toEqual(sent.map(({ providerId }) => providerId).toSorted());
  expect(Math.max(...api.sms.asked.map((ids) => ids.length))).toBe(3);
});

test('M4: reports that come twice, late, out of order or about nothing of ours change nothing', async () => {
  await using api = await createTestApi();
  const [one, two] = await send(api, 2);
  const report = (state: Parameters<typeof api.sms.states.set>[1], of = one) => ({
    providerMessageId: of?.providerId ?? '',
    state,
    providerCode: null,
  });
  const receive = (...reports: ReturnType<typeof report>[]) =>
    receiveSmsReports(api.app, 'fake', reports);
  await receive(report('sent-to-carrier'), report('unknown', two));
  const first = api.clock.now();
  api.clock.advance(minute);
  await receive(report('sent-to-carrier'), report('queued'), report('unknown'));
  await expect(rows(api)).resolves.toMatchObject([
    { delivery: 'sent-to-carrier', delivery_at: first },
    { delivery: 'unknown' },
  ]);
  await atOnce(10, () => receive(report('delivered'), report('queued', two)));
  const second_ = api.clock.now();
  api.clock.advance(minute);
  await receive(report('failed'), report('undelivered'), report('sent-to-carrier'));
  await receive({ ...report('delivered'), providerMessageId: 'not ours' });
  await receiveSmsReports(api.app, 'another', [report('failed', two)]);
  await receiveSmsReports(api.app, 'fake', []);
  await expect(rows(api)).resolves.toMatchObject([
    { delivery: 'delivered', delivery_at: second_, poll_at: null },
    { delivery: 'queued', delivery_at: second_ },
  ]);
});

test('M4: a final state that comes while the provider is asked is the last word', async () => {
  await using api = await createTestApi();
  const [sms] = await send(api, 1);
  const providerMessageId = sms?.providerId ?? '';
  vi.spyOn(api.sms, 'status').mockImplementation(async () => {
    const report = { providerMessageId, state: 'delivered' as const, providerCode: null };
    await receiveSmsReports(api.app, 'fake', [report]);
    return [{ ...report, state: 'queued' }];
  });
  api.clock.advance(minute);
  await pollSms(api.app, { provider: 'fake' });
  await expect(rows(api)).resolves.toMatchObject([{ delivery: 'delivered', poll_at: null }]);
});

test('M4: only what a provider has accepted can be on its way', async () => {
  await using api = await createTestApi();
  const [sms] = await send(api, 1);
  await api.app.db.updateTable('sms_messages').set({ status: 'unknown' }).execute();
  const report = { providerMessageId: sms?.providerId ?? '', providerCode: null };
  await receiveSmsReports(api.app, 'fake', [{ ...report, state: 'delivered' }]);
  await expect(rows(api)).resolves.toMatchObject([{ delivery: null }]);
});
