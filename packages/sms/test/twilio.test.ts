import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTwilio, type TwilioOptions } from '../src/providers/twilio.ts';
import type { ProviderMessage } from '../src/provider.ts';
import { SmsRouter } from '../src/router.ts';
import { TemplateBook } from '../src/templates.ts';
import { faultyRecipients, refusedKeys } from '../src/testing/fake-provider.ts';
import { FakeTwilio } from '../src/testing/fake-twilio.ts';
import {
  accountSid,
  ask,
  authToken,
  basic,
  from,
  root,
  sidOf,
  template,
  text,
  timeouts,
  to,
} from './twilio.messages.ts';

const firstSid = sidOf(0x5001);
const service = `MG${'3d'.repeat(16)}`;
const templates = [{ name: template.template, variables: ['1', '2'] }];

let fake: FakeTwilio;

beforeEach(async () => {
  fake = await new FakeTwilio({ templates }).start();
});

afterEach(async () => {
  await fake.stop();
});

function create(
  options: Partial<Pick<TwilioOptions, 'channel' | 'statusCallbackUrl'>> & { token?: string } = {},
) {
  const { token = authToken, ...more } = options;
  return createTwilio({ accountSid, authToken: token, from, url: fake.url, timeouts, ...more });
}

const whatsApp = () => create({ channel: 'whatsapp' });

function formOf(index = 0): Record<string, string> {
  return Object.fromEntries(fake.requests[index]?.form ?? []);
}

const ok = { outcome: 'accepted', providerMessageId: firstSid, parts: 1 };

describe('a message', () => {
  test('goes out as a text', async () => {
    const provider = create();
    expect(provider.name).toBe('twilio');
    expect(await provider.send(text)).toEqual(ok);
    const [request] = fake.requests;
    expect(request).toMatchObject({ method: 'POST', path: `${root}/Messages.json` });
    expect(request?.headers).toMatchObject({
      authorization: basic(accountSid, authToken),
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
    });
    expect(formOf()).toEqual({ To: to, From: from, Body: text.text });
    expect(fake.log).toMatchObject([{ id: firstSid, to, line: from, text: text.text }]);
  });

  test('goes out by a template', async () => {
    expect(await create().send(template)).toEqual(ok);
    expect(formOf()).toEqual({
      To: to,
      From: from,
      ContentSid: template.template,
      ContentVariables: '{"1":"سارا","2":"48213"}',
    });
    await create().send({ ...template, values: [] });
    expect(formOf(1)).toEqual({ To: to, From: from, ContentSid: template.template });
  });

  test('goes out on WhatsApp', async () => {
    const provider = whatsApp();
    expect(provider.name).toBe('twilio-whatsapp');
    expect(await provider.send(text)).toEqual(ok);
    expect(await provider.send(template)).toMatchObject({ outcome: 'accepted' });
    const addresses = { To: `whatsapp:${to}`, From: `whatsapp:${from}` };
    expect([formOf(0), formOf(1)]).toMatchObject([addresses, addresses]);
    const marked = createTwilio({
      accountSid,
      authToken,
      from: `whatsapp:${from}`,
      channel: 'whatsapp',
      url: fake.url,
    });
    expect(await marked.send(text)).toMatchObject({ outcome: 'accepted' });
    expect(formOf(2)).toMatchObject(addresses);
  });

  test('goes out through a messaging service, by a key, with an address for its states', async () => {
    const provider = createTwilio({
      accountSid,
      apiKey: { sid: `SK${'4e'.repeat(16)}`, secret: 'test-secret-0001' },
      messagingServiceSid: service,
      statusCallbackUrl: 'https://example.com/states',
      url: fake.url,
    });
    expect(await provider.send(text)).toEqual({
      outcome: 'accepted',
      providerMessageId: firstSid,
    });
    expect(fake.requests[0]?.headers.authorization).toBe(
      basic(`SK${'4e'.repeat(16)}`, 'test-secret-0001'),
    );
    expect(formOf()).toEqual({
      To: to,
      MessagingServiceSid: service,
      Body: text.text,
      StatusCallback: 'https://example.com/states',
    });
    expect(await provider.status([firstSid])).toMatchObject([{ providerCode: 'accepted' }]);
  });

  test.each<[string, ProviderMessage, readonly [string, string, string]]>([
    ['a number that cannot be', { ...text, to: '+44' }, ['21211', 'recipient', 'bad-number']],
    [
      'an unknown template',
      { ...template, template: 'HX00' },
      ['21655', 'account', 'template-missing'],
    ],
    [
      'an empty value',
      { ...template, values: [{ name: '1', value: '' }] },
      ['21656', 'message', 'template-args'],
    ],
    [
      'a value of two lines',
      { ...template, values: [{ name: '1', value: 'a\nb' }] },
      ['21656', 'message', 'template-args'],
    ],
  ])('is refused for %s', async (_, message, [providerCode, scope, error]) => {
    const outcome = { outcome: 'rejected', scope, error, providerCode, httpStatus: 400 };
    expect(await create().send(message)).toEqual(outcome);
    expect(await whatsApp().send(message)).toEqual(outcome);
    expect(fake.log).toEqual([]);
  });

  test.each([
    ['', 'empty-message'],
    ['س'.repeat(1_601), 'too-long'],
  ])('asks nothing for a text that nobody takes (%#)', async (wrong, error) => {
    const outcome = { outcome: 'rejected', scope: 'message', error, providerCode: null };
    expect(await create().send({ ...text, text: wrong })).toEqual(outcome);
    expect(fake.requests).toEqual([]);
    expect(await create().send({ ...text, text: 'س'.repeat(1_600) })).toMatchObject({ parts: 24 });
  });

  test.each([
    [{ from: '+15005550001' } as const, '21606'],
    [{ from: '+15005550001', channel: 'whatsapp' } as const, '63007'],
    [{ messagingServiceSid: 'MG00' } as const, '21705'],
  ])('is refused for a sender that is not ours: %j', async (sender, providerCode) => {
    const provider = createTwilio({ accountSid, authToken, url: fake.url, ...sender });
    const outcome = { scope: 'account', error: 'bad-sender', providerCode };
    expect(await provider.send(text)).toMatchObject(outcome);
  });

  test.each([refusedKeys.bad, refusedKeys.disabled, refusedKeys.noCredit, ''])(
    'is refused with the token %j',
    async (token) => {
      const outcome = { scope: 'account', error: 'auth', providerCode: '20003', httpStatus: 401 };
      expect(await create({ token }).send(text)).toMatchObject(outcome);
      expect(await create({ token }).credit()).toBeNull();
      expect(fake.log).toEqual([]);
    },
  );

  test('knows that a throttled one was not sent', async () => {
    const message = { ...text, to: `+44770090${faultyRecipients.throttledOnce}` };
    const outcome = { scope: 'provider', error: 'throttled', providerCode: '20429' };
    expect(await create().send(message)).toMatchObject(outcome);
    expect(await create().send(message)).toMatchObject({ outcome: 'accepted' });
  });
});

describe('a lost text', () => {
  const lost = { ...text, to: `+44770090${faultyRecipients.droppedAfterStoring}` };

  test.each(['sms', 'whatsapp'] as const)('is found by its words: %s', async (channel) => {
    const provider = create({ channel });
    const triedAt = fake.clock.now();
    expect(await provider.find({ message: lost, triedAt })).toEqual({ found: 'absent' });
    expect(await provider.send(lost)).toMatchObject({ outcome: 'unknown', reason: 'reset' });
    expect(await provider.find({ message: lost, triedAt })).toEqual({
      found: 'yes',
      providerMessageId: firstSid,
    });
    const other = create({ channel: channel === 'sms' ? 'whatsapp' : 'sms' });
    expect(await other.find({ message: lost, triedAt })).toEqual({ found: 'absent' });
    const address = `${channel === 'whatsapp' ? 'whatsapp:' : ''}${lost.to}`;
    expect(fake.requests[0]?.query.toString()).toBe(
      new URLSearchParams({ To: address, PageSize: '100' }).toString(),
    );
  });

  test('is found behind a hundred others', async () => {
    const provider = create();
    const triedAt = fake.clock.now();
    await provider.send(lost);
    for (let sent = 0; sent < 100; sent += 1) {
      await ask(fake, '/Messages.json', { To: lost.to, From: from, Body: 'Other' }).catch(
        () => null,
      );
    }
    expect(fake.log).toHaveLength(101);
    expect(await provider.find({ message: lost, triedAt })).toMatchObject({ found: 'yes' });
  });

  test('is not looked for where a template was sent: its words do not come back', async () => {
    const provider = create();
    const message = { ...template, to: lost.to };
    await provider.send(message);
    const before = fake.requests.length;
    const found = await provider.find({ message, triedAt: fake.clock.now() });
    expect(found).toEqual({ found: 'unknown' });
    expect(fake.requests).toHaveLength(before);
    expect(await ask(fake, `/Messages/${firstSid}.json`)).toMatchObject({ body: '' });
  });
});

describe('on WhatsApp', () => {
  async function stateAfter(seconds: number): Promise<unknown> {
    fake.clock.advance(seconds * 1_000);
    const reports = await whatsApp().status([fake.log.at(-1)?.id ?? '']);
    return reports?.[0];
  }

  const outside = {
    providerMessageId: firstSid,
    state: 'undelivered',
    providerCode: '63016',
    error: 'template-missing',
  };

  test('a text to somebody who has not written is taken and not delivered', async () => {
    expect(await whatsApp().send(text)).toMatchObject({ outcome: 'accepted' });
    expect(await stateAfter(0)).toMatchObject({ state: 'queued' });
    expect(await stateAfter(2)).toEqual(outside);
    expect(await stateAfter(3_600)).toEqual(outside);
    fake.writes(to);
    expect(await stateAfter(2)).toEqual(outside);
  });

  test('a text reaches somebody who has written within a day', async () => {
    fake.writes(to);
    fake.clock.advance(23 * 3_600_000);
    await whatsApp().send(text);
    expect(await stateAfter(400)).toMatchObject({ state: 'delivered' });
    fake.clock.advance(3_600_000);
    await whatsApp().send(text);
    expect(await stateAfter(400)).toMatchObject({ state: 'undelivered', providerCode: '63016' });
  });

  test('a template reaches everybody, and so does an SMS', async () => {
    await whatsApp().send(template);
    expect(await stateAfter(400)).toMatchObject({ state: 'delivered' });
    await create().send(text);
    expect(await stateAfter(400)).toMatchObject({ state: 'delivered' });
  });
});

describe('questions', () => {
  test('about states are asked one by one', async () => {
    const provider = create();
    const ends = ['0001', '0002', '0003', '0004'];
    for (const end of ends) {
      await provider.send({ ...text, to: `+44770090${end}` });
    }
    fake.clock.advance(301_000);
    const ids = [...fake.log.map(({ id }) => id), sidOf(1)];
    expect(await provider.status(ids)).toEqual([
      { providerMessageId: ids[0], state: 'delivered', providerCode: 'delivered' },
      { providerMessageId: ids[1], state: 'undelivered', providerCode: '30003' },
      {
        providerMessageId: ids[2],
        state: 'blacklisted',
        providerCode: '30004',
        error: 'blacklisted',
      },
      { providerMessageId: ids[3], state: 'failed', providerCode: '30008', error: 'unexpected' },
      { providerMessageId: ids[4], state: 'unknown', providerCode: '20404' },
    ]);
    expect(await provider.status([])).toEqual([]);
  });

  test('about the credit come in dollars', async () => {
    fake.credit = 2;
    await create().send(text);
    expect(await create().credit()).toEqual({ amount: '1.9925', unit: 'USD' });
    expect(await create().receive(from)).toBeNull();
  });

  test('have no answers while nobody listens', async () => {
    await fake.stop();
    expect(await create().credit()).toBeNull();
    expect(await create().status([firstSid])).toBeNull();
    fake = await new FakeTwilio().start();
  });
});

test('a number that Twilio does not reach goes on to the next provider, and closes nothing', async () => {
  const refused = await new FakeUnreached({ templates }).start();
  const first = createTwilio({ accountSid, authToken, from, url: refused.url, timeouts });
  const router = new SmsRouter({
    providers: [first, whatsApp()],
    templates: new TemplateBook([]),
  });
  const message = { kind: 'text', to, ref: '70000003', isCode: false, text: 'Hello' } as const;
  const { outcome, provider } = await router.send(message);
  expect([outcome.outcome, provider]).toEqual(['accepted', 'twilio-whatsapp']);
  expect(router.closed()).toEqual([]);
  await refused.stop();
});

/** An account without the permission for any region. */
class FakeUnreached extends FakeTwilio {
  protected override route() {
    return { status: 403, body: '{"code":21408,"message":"no","more_info":"","status":403}' };
  }
}
