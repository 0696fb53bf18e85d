import { createHmac } from 'node:crypto';
import { FakeKavenegar } from '@chapar/sms/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from './harness.ts';

const secret = 'cb_Yq8vJm2xWc5nRt7bKd4pLz9sHf3gXe6u';
const authToken = 'Tw4Hs9Jf2LmQr7Vx3Zc8Nb5K';
const form = 'application/x-www-form-urlencoded';
const lines: string[] = [];

let fake: FakeKavenegar;
let server: TestServer;

beforeAll(async () => {
  fake = await new FakeKavenegar().start();
  const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
  server = await startServer(
    {
      SMS_PROVIDERS: 'kavenegar,twilio,twilio-whatsapp,sms-ir,console',
      KAVENEGAR_API_KEY: 'Kv7Qm2xWc5nRt7bKd4pLz9',
      KAVENEGAR_URL: fake.url,
      TWILIO_ACCOUNT_SID: 'AC1',
      TWILIO_AUTH_TOKEN: authToken,
      TWILIO_FROM: '+12025550100',
      TWILIO_WHATSAPP_FROM: '+12025550100',
      SMS_IR_API_KEY: 'Si5Wd1Yk8Tz3Qr6Lx2Vb9c',
      SMS_CALLBACK_SECRET: secret,
      TRUST_PROXY: 'loopback',
    },
    null,
    log,
  );
});

afterAll(async () => {
  await server.close();
  await fake.stop();
});

const pathOf = (provider: string, given = secret): string => `/callbacks/sms/${provider}/${given}`;

async function call(
  path: string,
  { body, type, ...more }: { body?: string; type?: string; method?: string } = {},
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${server.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    ...(body === undefined ? {} : { body }),
    headers: type === undefined ? {} : { 'content-type': type },
    ...more,
  });
  return { status: response.status, text: await response.text() };
}

/** An error without what differs from call to call. */
const shapeOf = (text: string): string => text.replace(/"requestId":"[^"]+"/, '"requestId":""');

/** Undefined for a message that is not written down yet. */
async function stateOf(providerMessageId: string): Promise<string | null | undefined> {
  const message = await server.container.app.db
    .selectFrom('sms_messages')
    .select('delivery')
    .where('provider_message_id', '=', providerMessageId)
    .executeTakeFirst();
  return message?.delivery;
}

describe('M7: what Kavenegar pushes', () => {
  test('is taken from a query, a form and JSON, and moves the message that it is about', async () => {
    await server.client().otp.request.mutate({ phone: '+989121110031' });
    await expect.poll(() => fake.log.length, { timeout: 10_000 }).toBe(1);
    const id = fake.log[0]?.id ?? '';
    await expect.poll(() => stateOf(id)).not.toBeUndefined();
    const ok = { status: 200, text: 'ok' };
    expect(await call(`${pathOf('kavenegar')}?messageid=${id}&status=4`)).toEqual(ok);
    expect(await stateOf(id)).toBe('sent-to-carrier');
    const delivered = { body: `messageid=${id}&status=10`, type: form };
    expect(await call(pathOf('kavenegar'), delivered)).toEqual(ok);
    expect(await stateOf(id)).toBe('delivered');
    expect(await call(pathOf('kavenegar'), delivered)).toEqual(ok);
    const late = { body: `{"messageid":${id},"status":4}`, type: 'application/json' };
    expect(await call(pathOf('kavenegar'), late)).toEqual(ok);
    expect(await stateOf(id)).toBe('delivered');
  });

  test.for<[string, string, { body?: string; type?: string }]>([
    ['a query', '?messageid=85463238&status=10', {}],
    ['a query of a POST', '?messageid=85463238&status=10', { body: '' }],
    ['a form', '', { body: 'MessageId=85463238&Status=10', type: form }],
    ['JSON', '', { body: '{"messageid":85463238,"status":10}', type: 'application/json' }],
    ['a body of no type', '', { body: 'messageid=85463238&status=10' }],
  ])('is ok about a message that nobody knows: %s', async ([, query, sent]) => {
    expect(await call(`${pathOf('kavenegar')}${query}`, sent)).toEqual({ status: 200, text: 'ok' });
  });

  test.for<[string, string, { body?: string; type?: string }]>([
    ['nothing', '', {}],
    ['no state', '?messageid=85463238', {}],
    ['no id', '?status=10', {}],
    ['words', '?messageid=x&status=delivered', {}],
    ['half of JSON', '', { body: '{"messageid":85', type: 'application/json' }],
    ['a list', '', { body: '[{"messageid":1,"status":10}]', type: 'application/json' }],
  ])('is refused with a code when it tells nothing: %s', async ([, query, sent]) => {
    const { status, text } = await call(`${pathOf('kavenegar')}${query}`, sent);
    expect(status).toBe(400);
    expect(text).toContain('"appCode":"INPUT_INVALID"');
  });

  test('has 16 KiB at most', async () => {
    const body = `messageid=1&status=10&text=${'x'.repeat(16 * 1024)}`;
    const { status, text } = await call(pathOf('kavenegar'), { body, type: form });
    expect(status).toBe(413);
    expect(text).toContain('"appCode":"PAYLOAD_TOO_LARGE"');
  });
});

describe('M8, M9: what Twilio pushes', () => {
  const body = 'MessageSid=SM0123456789abcdef0123456789abcdef&MessageStatus=delivered&To=%2B1202';
  const sign = (url: string, token = authToken): string => {
    const params = [...new URLSearchParams(body)].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return createHmac('sha1', token)
      .update([url, ...params.flat()].join(''))
      .digest('base64');
  };
  const push = async (provider: string, headers: Record<string, string>): Promise<number> => {
    const response = await fetch(`${server.url}${pathOf(provider)}`, {
      method: 'POST',
      headers: { 'content-type': form, ...headers },
      body,
    });
    await response.text();
    return response.status;
  };

  test.for(['twilio', 'twilio-whatsapp'])('is believed when it is signed (%s)', async (name) => {
    const here = `${server.url}${pathOf(name)}`;
    expect(await push(name, { 'x-twilio-signature': sign(here) })).toBe(200);
    expect(await push(name, { 'x-twilio-signature': sign(here, 'another') })).toBe(400);
    expect(await push(name, { 'x-twilio-signature': sign(`${here}x`) })).toBe(400);
    expect(await push(name, {})).toBe(400);
  });

  test('is signed for the address that was called, which the proxy tells', async () => {
    const signature = sign(`https://api.chapar.example${pathOf('twilio')}`);
    const headers = {
      'x-twilio-signature': signature,
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'api.chapar.example',
    };
    expect(await push('twilio', headers)).toBe(200);
    expect(await push('twilio', { 'x-twilio-signature': signature })).toBe(400);
  });
});

test.for([
  ['a wrong secret', pathOf('kavenegar', `${secret.slice(0, -1)}v`)],
  ['half a secret', pathOf('kavenegar', secret.slice(0, 16))],
  ['a longer secret', pathOf('kavenegar', `${secret}u`)],
  ['no secret', '/callbacks/sms/kavenegar/'],
  ['a longer path', `${pathOf('kavenegar')}/`],
  ['a doubled slash', `/${pathOf('kavenegar')}`],
  ['other letters', pathOf('kavenegar').replace('callbacks', 'Callbacks')],
  ['a provider that pushes nothing', pathOf('sms-ir')],
  ['the console', pathOf('console')],
  ['a provider that was not chosen', pathOf('meli-payamak')],
  ['no provider at all', pathOf('__proto__')],
] as const)('there is no such path: %s', async ([, path]) => {
  for (const sent of [{}, { body: 'x'.repeat(20_000), type: form }]) {
    const nowhere = await call('/nowhere', sent);
    const { status, text } = await call(`${path}?messageid=1&status=10`, sent);
    expect(status).toBe(404);
    expect({ status, text: shapeOf(text) }).toEqual({
      status: nowhere.status,
      text: shapeOf(nowhere.text),
    });
  }
});

test.for(['PUT', 'DELETE', 'HEAD'])('there is no %s', async (method) => {
  expect((await call(`${pathOf('kavenegar')}?messageid=1&status=10`, { method })).status).toBe(404);
});

test('without a secret in the configuration there is no path at all', async () => {
  await using other = await startServer();
  const response = await fetch(`${other.url}${pathOf('console')}`);
  expect(response.status).toBe(404);
});

test('the secret is in no log line, also of paths that are nearly right', async () => {
  const encoded = pathOf('kavenegar').replace('c', '%63');
  for (const path of [encoded, `${encoded}/`, `${pathOf('kavenegar')}%zz`]) {
    await call(path);
  }
  const text = lines.join('');
  expect(text).toContain('"path":"/callbacks/sms/:provider/:secret","status":200');
  expect(text).toContain('"path":"/callbacks/…","status":404');
  expect(text).not.toContain(secret.slice(0, 16));
  expect(text).not.toContain(authToken);
});
