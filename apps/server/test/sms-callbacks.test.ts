import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
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

/** What comes back for a target just as it is written; `fetch` would mend it. */
async function raw(target: string, verb = 'GET'): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const host = `Host: ${hostname}:${port}\r\nConnection: close\r\n`;
  socket.write(`${verb} ${target} HTTP/1.1\r\n${host}\r\n`);
  return readAll(socket);
}

describe('M7: the secret is in no log line and no answer', () => {
  const tail = `sms/kavenegar/${secret}`;
  const linesOf = async (target: string, verb?: string): Promise<{ said: string; log: string }> => {
    const before = lines.length;
    const said = await raw(target, verb);
    const isLogged = (): boolean => lines.slice(before).some((line) => line.includes('"request"'));
    await expect.poll(isLogged, { timeout: 2_000 }).toBe(true);
    return { said, log: lines.slice(before).join('') };
  };

  test.for([
    ['no "sms"', `/callbacks/kavenegar/${secret}`],
    ['one "callback"', `/callback/${tail}`],
    ['a folder before it', `/api/callbacks/${tail}`],
    ['a folder behind it', `/callbacks/${tail}/more`],
    ['a dot', `/./callbacks/${tail}`],
    ['two dots', `/x/../callbacks/${tail}`],
    ['a doubled slash', `//callbacks/${tail}`],
    ['an encoded percent sign', `/%2563allbacks/${tail}`],
    ['an encoded slash', `/callbacks%2f${tail}`],
    ['a whole address', `http://h/callback/${tail}`],
    ['a whole address of a page', `https://h/x/callbacks/${tail}`],
    ['the secret alone', `/${secret}`],
    ['the secret as a query', `/callbacks?secret=${secret}`],
    ['an encoding that is none behind it', `/callbacks/${tail}%zz`],
    ['an encoding that is none before it', `/%zz/callbacks/${tail}`],
    ['half an encoding', `/callbacks/${tail}%`],
    ['bytes that are no text', `/callbacks/${tail}%ff`],
    ['a long path', `/callbacks/${tail}/${'x'.repeat(6_000)}`],
    ['a long part of it', `/callbacks/sms/kavenegar/${secret}${'x'.repeat(6_000)}`],
  ] as const)('of a path that is not there: %s', async ([, target]) => {
    const { said, log } = await linesOf(target);
    expect(said).toMatch(/^HTTP\/1\.1 4(?:00|04|14) /);
    expect(said).toContain('"appCode":"');
    expect(`${said}${log}`).not.toContain(secret.slice(0, 16));
    expect(log).toMatch(
      /"path":"(?:—|\/callbacks\/sms\/:provider\/:secret)","status":4\d\d,"ms":\d/,
    );
  });

  test.for(['OPTIONS', 'PUT', 'HEAD'])('of a method that is not there: %s', async (verb) => {
    for (const target of [`/callbacks/${tail}`, `/api/callbacks/${tail}`]) {
      const { said, log } = await linesOf(target, verb);
      expect(said).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(`${said}${log}`).not.toContain(secret.slice(0, 16));
    }
  });

  test('of a socket that is not there', async () => {
    const before = lines.length;
    const { hostname, port } = new URL(server.url);
    for (const target of [`/callbacks/${tail}`, `//callbacks/${tail}`, `http://[/${secret}`]) {
      const socket = connect(Number(port), hostname);
      const headers = [
        `Host: ${hostname}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ].join('\r\n');
      socket.write(`GET ${target} HTTP/1.1\r\n${headers}\r\n\r\n`);
      expect(await readAll(socket)).not.toContain(secret.slice(0, 16));
    }
    expect(lines.slice(before).join('')).not.toContain(secret.slice(0, 16));
    expect((await call('/healthz')).status).toBe(200);
  });

  test('of the path that is there, whose pattern stands for it', async () => {
    for (const target of [
      `/callbacks/${tail}?messageid=1&status=10`,
      `http://h/callbacks/${tail}?messageid=1&status=10`,
      `/%63allbacks/${tail}?messageid=1&status=10`,
    ]) {
      const { said, log } = await linesOf(target);
      expect(said).toMatch(/^HTTP\/1\.1 200 /);
      expect(log).toContain('"path":"/callbacks/sms/:provider/:secret","status":200');
      expect(log).not.toContain(secret.slice(0, 16));
    }
  });

  test('other paths that are there are logged as they are', async () => {
    expect((await linesOf('/healthz?x=1')).log).toContain('"path":"/healthz","status":200');
    const { log } = await linesOf('/trpc/otp.requests?batch=1');
    expect(log).toContain('"path":"/trpc/otp.requests"');
  });

  test('of any call of this file, nor the token of Twilio', () => {
    expect(lines.join('')).not.toContain(secret.slice(0, 16));
    expect(lines.join('')).not.toContain(authToken);
  });
});
