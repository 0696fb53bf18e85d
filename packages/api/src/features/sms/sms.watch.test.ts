import type { StreamEvent } from '@chapar/contract';
import { expect, test, vi } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { after, day, hour, minute } from '../../kernel/duration.ts';
import { sweep } from '../../sweep.ts';
import { atOnce, createTestApi, refused } from '../../testing/index.ts';
import { watchCredit } from './sms.watch.ts';

const config = { sms: { ...defaultConfig.sms, creditFloors: new Map([['fake', 500]]) } };

function alerts(events: readonly StreamEvent[]): unknown[] {
  return events.flatMap((event) => (event.type === 'admin.alert' ? [event.body] : []));
}

test('staff hear once that credit becomes low, again after it was enough, users never', async () => {
  await using api = await createTestApi({ config });
  const staff = await api.signUp({ role: 'staff' });
  const [live, others] = [await staff.listen(), await (await api.signUp()).listen()];
  await sweep(api.app);
  await expect(staff.api.sms.listProviders()).resolves.toEqual([
    {
      name: 'fake',
      credit: { amount: '1000', unit: 'IRR' },
      creditAt: api.clock.now(),
      isCreditLow: false,
      closed: null,
    },
  ]);
  api.sms.creditNow = { amount: '499.9', unit: 'IRR' };
  await atOnce(6, () => watchCredit(api.app));
  api.sms.creditNow = null;
  await watchCredit(api.app);
  const low = { topic: 'sms.credit-low', subject: 'fake', detail: '499.9 IRR' };
  await expect.poll(() => alerts(live.events)).toEqual([low]);
  await expect(staff.api.sms.listProviders()).resolves.toMatchObject([
    { isCreditLow: true, credit: { amount: '499.9', unit: 'IRR' } },
  ]);
  api.sms.creditNow = { amount: '500', unit: 'IRR' };
  await watchCredit(api.app);
  api.sms.creditNow = { amount: '12', unit: 'IRR' };
  await watchCredit(api.app);
  await expect.poll(() => alerts(live.events)).toEqual([low, { ...low, detail: '12 IRR' }]);
  expect(alerts(others.events)).toEqual([]);
  expect(api.warnings).toContainEqual(expect.objectContaining({ topic: 'sms.credit-low' }));
});

test('M12: a provider that refuses our account is told of once, until it takes a message again', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  const live = await staff.listen();
  const send = async (): Promise<void> => {
    const [id, phone] = [api.app.deps.newId(), '+989121110001'];
    await staff.api.sms.send({ id, phone, text: 'a text' });
    await api.runJobs();
  };
  const until = after(api.clock.now(), minute);
  const closed = { provider: 'fake', template: null, reason: 'auth', until };
  api.sms.closedNow = [closed, { ...closed, template: 'login' }];
  api.sms.answers.push(refused('auth'), refused('auth'));
  await send();
  await send();
  const alert = { topic: 'sms.provider-closed', subject: 'fake', detail: 'auth' };
  await expect.poll(() => alerts(live.events)).toEqual([alert]);
  await expect(staff.api.sms.listProviders()).resolves.toMatchObject([
    { closed: { reason: 'auth', until } },
  ]);
  // One process leaves it out, another one still sends through it: that is no news.
  api.sms.closedNow = [];
  await send();
  api.sms.closedNow = [closed];
  api.sms.answers.push(refused('auth'));
  await send();
  api.sms.closedNow = [];
  await send();
  await expect(staff.api.sms.listProviders()).resolves.toMatchObject([{ closed: null }]);
  expect(alerts(live.events)).toEqual([alert]);
  api.clock.advance(15 * minute);
  await send();
  api.sms.closedNow = [closed];
  api.sms.answers.push(refused('auth'));
  await send();
  await expect.poll(() => alerts(live.events)).toEqual([alert, alert]);
});

test('of many dead letters at once staff hear once, and the list has them all', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  const live = await staff.listen();
  for (let i = 0; i < 4; i += 1) {
    const [id, phone] = [api.app.deps.newId(), `+98912111000${i}`];
    await staff.api.sms.send({ id, phone, text: 'a text' });
  }
  api.sms.answers.push(...Array.from({ length: 20 }, () => refused('no-credit')));
  for (let round = 0; round < 5; round += 1) {
    api.clock.advance(hour);
    await api.runLaterJobs();
  }
  await expect(staff.api.sms.list({ status: 'dead' })).resolves.toMatchObject({
    items: { length: 4 },
  });
  const dead = { topic: 'sms.dead', detail: 'no-credit' };
  await expect.poll(() => alerts(live.events)).toEqual([expect.objectContaining(dead)]);
});

test('a provider whose credit cannot be looked at stops neither the others nor the sweep', async () => {
  await using api = await createTestApi({ config });
  await api.signUp({ byCode: true });
  vi.spyOn(api.sms, 'credit').mockRejectedValue(new Error('broken'));
  api.clock.advance(31 * day);
  await expect(sweep(api.app)).resolves.toMatchObject({ sms: 1 });
  expect(api.warnings).toContainEqual(expect.objectContaining({ provider: 'fake' }));
});
