import { expect, test } from 'vitest';
import { createKavenegarClient } from '../src/providers/kavenegar.client.ts';
import { apiKey, hours, open, recipients, timeouts, to } from './kavenegar.messages.ts';

test('about many messages take several calls', async () => {
  await using it = await open();
  const ids = Array.from({ length: 501 }, (_, index) => String(912_345_671 + index));
  const answer = await it.client.status(ids);
  expect(answer).toMatchObject({ outcome: 'answered', value: { length: 501 } });
  expect(
    it.fake.requests.map(({ method, form, query }) => [
      method,
      (form.get('messageid') ?? query.get('messageid'))?.split(',').length,
    ]),
  ).toEqual([
    ['POST', 500],
    ['GET', 1],
  ]);
});

test('say why there is no answer', async () => {
  await using it = await open();
  expect(await it.client.select(['1'])).toMatchObject({
    outcome: 'rejected',
    scope: 'account',
    error: 'ip-not-allowed',
    providerCode: '407',
    httpStatus: 407,
  });
  await it.fake.stop();
  expect(await it.client.accountInfo()).toMatchObject({ outcome: 'rejected', error: 'busy' });
});

test('tell of messages by all that they can be asked by', async () => {
  await using it = await open({ isListed: true });
  const { client, clock } = it;
  const from = hours(clock, -1);
  await client.send({ recipients, text: 'سلام دنیا' });
  clock.advance(301_000);
  const first = {
    providerMessageId: '912345671',
    state: 'delivered',
    providerCode: '10',
    localId: null,
    receptor: null,
  };
  const second = { ...first, providerMessageId: '912345672', state: 'undelivered' };
  const both = [first, { ...second, providerCode: '11' }];
  const answered = (value: unknown) => ({ outcome: 'answered', value });
  expect(await client.status(['912345671', '912345672'])).toEqual(answered(both));
  const local = { ...first, localId: '70000001' };
  expect(await client.statusByLocalId(['70000001'])).toEqual(answered([local]));
  const unknown = { providerMessageId: '0', state: 'unknown', localId: '5' };
  expect(await client.statusByLocalId(['5'])).toMatchObject(answered([unknown]));
  const byReceptor = { ...first, receptor: '09121110001' };
  expect(await client.statusByReceptor(to, { from })).toEqual(answered([byReceptor]));
  const whole = {
    ...byReceptor,
    text: 'سلام دنیا',
    line: '10008000',
    sentAt: new Date(Math.floor((it.fake.log[0]?.storedAt.getTime() ?? 0) / 1_000) * 1_000),
    cost: { amount: '1450', unit: 'IRR' },
  };
  expect(await client.select(['912345671', '7'])).toEqual(answered([whole]));
  expect(await client.selectOutbox({ from }, '10008000')).toMatchObject(answered([whole, {}]));
  expect(await client.selectOutbox({ from }, '10009000')).toEqual(answered([]));
  expect(await client.latestOutbox(1)).toMatchObject(
    answered([{ providerMessageId: '912345672' }]),
  );
  const count = { count: 2, parts: 2, cost: { amount: '2900', unit: 'IRR' } };
  expect(await client.countOutbox({ from })).toEqual(answered(count));
  expect(await client.countOutbox({ from, to: clock.now() }, 11)).toEqual(
    answered({ count: 1, parts: 1, cost: { amount: '1450', unit: 'IRR' } }),
  );
});

test('take back what waits for its time, and the money', async () => {
  await using it = await open();
  await it.client.send({ recipients, text: 'x', at: hours(it.clock, 1) });
  await it.client.send({ recipients: [{ to, ref: '70000003' }], text: 'x' });
  expect(await it.client.cancel(['912345671', '912345673'])).toMatchObject({
    outcome: 'answered',
    value: [{ state: 'canceled' }, { state: 'queued' }],
  });
  expect(it.fake.requests.at(-1)).toMatchObject({ method: 'POST' });
  it.clock.advance(3_602_000);
  expect(await it.client.status(['912345671', '912345672'])).toMatchObject({
    value: [{ state: 'canceled' }, { state: 'sent-to-carrier' }],
  });
  expect(await it.client.accountInfo()).toEqual({
    outcome: 'answered',
    value: {
      credit: { amount: String(1_500_000 - 2 * 1_450), unit: 'IRR' },
      expiresAt: new Date(1_798_761_600_000),
      type: 'master',
    },
  });
});

test('tell of the account, the inbox and the time', async () => {
  await using it = await open();
  const { client, clock, fake } = it;
  for (let number = 0; number < 201; number += 1) {
    fake.arrive({ from: '09121110001', line: '10008000', text: `متن ${number}` });
  }
  const from = hours(clock, -1);
  expect(await client.countInbox({ from }, '10008000', false)).toEqual({
    outcome: 'answered',
    value: { count: 201, parts: null, cost: null },
  });
  const page = await client.inboxPaged({ line: '10008000', isRead: false, span: { from } });
  expect(page).toMatchObject({ value: { messages: { length: 200 }, totalPages: 2 } });
  expect(await client.receive('10008000')).toMatchObject({ value: [{ text: 'متن 200' }] });
  expect(await client.receive('10008000', true)).toMatchObject({ value: { length: 100 } });
  expect(await client.accountConfig({ debugmode: 'disabled' })).toMatchObject({
    value: { mincreditalarm: '50000', resendfailed: 'true' },
  });
  expect(fake.requests.at(-1)).toMatchObject({ method: 'POST', body: 'debugmode=disabled' });
  const time = await client.serverTime();
  expect(time).toMatchObject({ outcome: 'answered' });
  expect(fake.requests.at(-1)?.url).toBe('/v1/0/utils/getdate.json');
});

test('that have no method here are asked by their name', async () => {
  await using it = await open();
  expect(await it.client.ask('line/blocked/list', { linenumber: '10008000' })).toMatchObject({
    providerCode: '404',
  });
  await it.client.ask('line/blocked/remove', { receptor: '09121110001,09351110002' }, 'DELETE');
  expect(it.fake.requests.at(-1)).toMatchObject({
    method: 'DELETE',
    url: '/v1/KVTESTKEY0001/line/blocked/remove.json?receptor=09121110001,09351110002',
    body: '',
  });
});

test('do not break at a key that is no path', async () => {
  await using it = await open();
  const client = createKavenegarClient({ apiKey: 'a/b?c', url: it.fake.url, timeouts });
  await client.accountInfo();
  expect(it.fake.requests[0]?.url).toBe('/v1/a%2Fb%3Fc/account/info.json');
  const nowhere = createKavenegarClient({ apiKey, url: 'no address', timeouts });
  expect(await nowhere.accountInfo()).toMatchObject({ outcome: 'rejected', error: 'busy' });
});
