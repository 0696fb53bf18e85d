import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { field } from '../src/http.ts';
import { createTwilio } from '../src/providers/twilio.ts';
import type { SmsProvider } from '../src/provider.ts';
import { FakeTwilio } from '../src/testing/fake-twilio.ts';
import {
  accountSid,
  ask,
  authToken,
  from,
  root,
  sidOf,
  template,
  text,
  to,
} from './twilio.messages.ts';

const firstSid = sidOf(0x5001);
const templates = [{ name: template.template, variables: ['1', '2'] }];

let fake: FakeTwilio;

beforeEach(async () => {
  fake = await new FakeTwilio({ templates }).start();
});

afterEach(async () => {
  await fake.stop();
});

function provider(): SmsProvider {
  return createTwilio({ accountSid, authToken, from, url: fake.url });
}

describe('the fake', () => {
  test('lists by numbers, days and pages, newest first', async () => {
    for (const body of ['one', 'two', 'three']) {
      await provider().send({ ...text, text: body });
    }
    await provider().send({ ...text, to: '+447700900002' });
    const bodiesOf = (list: unknown): unknown => {
      const rows = field(list, 'messages');
      return Array.isArray(rows) ? rows.map((row) => field(row, 'body')) : null;
    };
    const query = new URLSearchParams({ To: to, From: from, PageSize: '2' }).toString();
    const first = await ask(fake, `/Messages.json?${query}`);
    expect(bodiesOf(first)).toEqual(['three', 'two']);
    expect(first).toMatchObject({
      start: 0,
      end: 1,
      page: 0,
      page_size: 2,
      previous_page_uri: null,
    });
    const next = String(field(first, 'next_page_uri'));
    expect(next.startsWith(`${root}/Messages.json?`)).toBe(true);
    const second = await ask(fake, next.slice(root.length));
    expect(bodiesOf(second)).toEqual(['one']);
    expect(second).toMatchObject({ start: 2, end: 2, page: 1, next_page_uri: null });
    const day = fake.clock.now().toISOString().slice(0, 10);
    expect(bodiesOf(await ask(fake, `/Messages.json?DateSent=${day}`))).toEqual([]);
    fake.clock.advance(2_000);
    for (const filter of [`DateSent=${day}`, `DateSent>=${day}`, `DateSent<=${day}`]) {
      expect(bodiesOf(await ask(fake, `/Messages.json?${filter}`))).toHaveLength(4);
    }
    for (const filter of ['DateSent=2001-01-01', 'DateSent<=2001-01-01', 'DateSent>=2999-01-01']) {
      expect(bodiesOf(await ask(fake, `/Messages.json?${filter}`))).toEqual([]);
    }
    expect(bodiesOf(await ask(fake, '/Messages.json?From=%2B15005550001'))).toEqual([]);
  });

  test('tells the price once a message is sent', async () => {
    await provider().send(text);
    const path = `/Messages/${firstSid}.json`;
    expect(await ask(fake, path)).toMatchObject({ price: null, date_sent: null, status: 'queued' });
    fake.clock.advance(2_000);
    expect(await ask(fake, path)).toMatchObject({
      price: '-0.00750',
      price_unit: 'USD',
      status: 'sent',
    });
  });

  test('refuses what the adapter never sends, and has no other calls', async () => {
    const addressed = { To: to, From: from };
    const message = '/Messages.json';
    expect(await ask(fake, message, addressed)).toMatchObject({ code: 21602, status: 400 });
    const long = { ...addressed, Body: 'a'.repeat(1_601) };
    expect(await ask(fake, message, long)).toMatchObject({ code: 21617 });
    const crossed = { ...addressed, To: `whatsapp:${to}`, Body: 'a' };
    expect(await ask(fake, message, crossed)).toMatchObject({ code: 21910 });
    const listed = { ...addressed, ContentSid: template.template, ContentVariables: '["a"]' };
    expect(await ask(fake, message, listed)).toMatchObject({ code: 21656 });
    expect(await ask(fake, '/Calls.json')).toMatchObject({ code: 20404, status: 404 });
    const other = await fetch(`${fake.url}/2010-04-01/Accounts/AC1/Messages.json`);
    expect(other.status).toBe(404);
    const nobody = await fetch(`${fake.url}${root}/Balance.json`);
    expect(nobody.status).toBe(401);
    expect(fake.log).toEqual([]);
  });
});
