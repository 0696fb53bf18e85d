import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cloneDatabase } from '@chapar/api/testing';
import { appCodeOf as codeOfError } from '@chapar/client';
import { startProxy } from './cuttable-proxy.ts';
import { startServer, type TestServer } from './harness.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

interface ErrorBody {
  error: {
    json: { message: string; data: { appCode: string; appData: unknown; requestId: string } };
  };
}

async function post(path: string, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}/trpc/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: JSON.parse(text) as ErrorBody,
  };
}

const json = (value: unknown): string => JSON.stringify({ json: value });
const appCodeOf = ({ error }: ErrorBody): string => error.json.data.appCode;

test('is alive and ready', async () => {
  const alive = await fetch(`${server.url}/healthz`);
  expect(await alive.json()).toEqual({ status: 'alive' });
  const ready = async (): Promise<unknown> => (await fetch(`${server.url}/readyz`)).json();
  await expect.poll(ready).toEqual({ status: 'ready', bus: 'connected' });
});

describe('bad input is a coded 4xx, never a 500', () => {
  test.for([
    { name: 'no JSON', path: 'otp.request', body: '{bad', status: 400, code: 'INPUT_INVALID' },
    { name: 'no body', path: 'otp.request', body: '', status: 400, code: 'INPUT_INVALID' },
    { name: 'null', path: 'otp.request', body: 'null', status: 400, code: 'INPUT_INVALID' },
    { name: 'an array', path: 'otp.request', body: '[]', status: 400, code: 'INPUT_INVALID' },
    {
      name: 'an unknown field',
      path: 'otp.request',
      body: json({ phone: '09121234567', role: 'admin' }),
      status: 400,
      code: 'INPUT_INVALID',
    },
    {
      name: 'prototype keys',
      path: 'otp.request',
      body: '{"json":{"phone":"09121234567","constructor":{"x":1}}}',
      status: 400,
      code: 'INPUT_INVALID',
    },
    {
      name: 'prototype paths in meta',
      path: 'otp.request',
      body: '{"json":{"phone":"09121234567"},"meta":{"values":{"__proto__.x":["Date"]}}}',
      status: 400,
      code: 'INPUT_INVALID',
    },
    {
      name: 'another type',
      path: 'otp.request',
      body: json({ phone: { a: 1 } }),
      status: 400,
      code: 'INPUT_INVALID',
    },
    {
      name: 'a NUL in an id',
      path: 'otp.verify',
      body: json({ challengeId: 'a\0b', code: '123456' }),
      status: 400,
      code: 'INPUT_INVALID',
    },
    {
      name: 'an unknown procedure',
      path: 'otp.nothing',
      body: json({}),
      status: 404,
      code: 'PROCEDURE_NOT_FOUND',
    },
    {
      name: 'a query by POST',
      path: 'user.me',
      body: json({}),
      status: 405,
      code: 'PROCEDURE_NOT_FOUND',
    },
    {
      name: 'eleven calls in a batch',
      path: `${Array(11).fill('otp.request').join(',')}?batch=1`,
      body: '{}',
      status: 400,
      code: 'INPUT_INVALID',
    },
    {
      name: 'a body beyond the limit',
      path: 'otp.request',
      body: json('x'.repeat(600 * 1024)),
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
    },
  ])('$name', async ({ path, body, status, code }) => {
    const answer = await post(path, body);
    const error = Array.isArray(answer.body) ? (answer.body as ErrorBody[])[0] : answer.body;
    expect({ status: answer.status, code: error && appCodeOf(error) }).toEqual({ status, code });
    expect(answer.text).not.toMatch(/node_modules|\.ts:|at \w+ \(/);
  });

  test.for(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'a foreign page cannot post %s',
    async (type) => {
      const answer = await post('session.removeOthers', 'x', { 'content-type': type });
      expect(answer.status).toBe(415);
    },
  );

  test('a path of another kind is not found', async () => {
    const response = await fetch(`${server.url}/wp-login.php`);
    expect(response.status).toBe(404);
    expect(appCodeOf((await response.json()) as ErrorBody)).toBe('PROCEDURE_NOT_FOUND');
  });
});

test('errors come in the language that was asked for, with a code, public data and a trace id', async () => {
  const bad = json({ phone: 'abc' });
  const english = await post('otp.request', bad);
  const persian = await post('otp.request', bad, { 'accept-language': 'fa-IR,fa;q=0.9' });
  expect(english.body.error.json.message).toBe('Some of the input is not valid.');
  expect(persian.body.error.json.message).toBe('بخشی از اطلاعات درست نیست.');
  expect(english.body.error.json.data).toMatchObject({
    appCode: 'INPUT_INVALID',
    appData: { issues: [{ path: 'phone', message: 'A phone number has digits only.' }] },
  });
  expect(persian.body.error.json.data).toMatchObject({
    appData: { issues: [{ path: 'phone', message: 'شماره تلفن فقط رقم دارد.' }] },
  });
  expect(english.body.error.json.data.requestId).toMatch(/^[0-9a-f-]{36}$/);
});

test('the client package reads the errors outside the router too', async () => {
  const client = await server.signIn('09120000004');
  const firstName = 'x'.repeat(600 * 1024);
  const [update] = await Promise.allSettled([client.user.update.mutate({ firstName })]);
  expect(update.status === 'rejected' && codeOfError(update.reason)).toBe('PAYLOAD_TOO_LARGE');
  const persian = await fetch(`${server.url}/no`, { headers: { 'accept-language': 'fa' } });
  const { error: notFound } = (await persian.json()) as ErrorBody;
  expect(notFound.json.message).toBe('چنین درخواستی وجود ندارد.');
});

test('a refusal for a while says how long, in the body and in Retry-After', async () => {
  const ask = () => post('otp.request', json({ phone: '09120000001' }));
  expect((await ask()).status).toBe(200);
  const refused = await ask();
  expect(refused.status).toBe(429);
  expect(refused.body.error.json.data).toMatchObject({
    appCode: 'OTP_RESEND_TOO_SOON',
    appData: { retryAfterSeconds: 60 },
  });
  expect(refused.headers.get('retry-after')).toBe('60');
});

test('tokens that are none are refused, and say nothing of why', async () => {
  for (const header of [
    'Bearer x',
    'Bearer ',
    'Basic eDp5',
    'Bearer a.b.c',
    `Bearer ${'x'.repeat(8_000)}`,
  ]) {
    const response = await fetch(`${server.url}/trpc/user.me`, {
      headers: { authorization: header },
    });
    expect(response.status).toBe(401);
  }
});

test('the live stream over HTTP is refused with the reason', async () => {
  const response = await fetch(`${server.url}/trpc/stream.onEvent`, {
    headers: { accept: 'text/event-stream' },
  });
  expect(response.status).toBe(400);
  expect(appCodeOf((await response.json()) as ErrorBody)).toBe('STREAM_NEEDS_SOCKET');
});

test('pages of this machine may call in development, foreign ones may not', async () => {
  const preflight = async (origin: string): Promise<Headers> => {
    const response = await fetch(`${server.url}/trpc/otp.request`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,chapar-device',
      },
    });
    return response.headers;
  };
  const allow = async (origin: string): Promise<string | null> =>
    (await preflight(origin)).get('access-control-allow-origin');
  expect((await preflight('http://localhost:5173')).get('access-control-allow-headers')).toContain(
    'chapar-device',
  );
  expect(await allow('http://localhost:5173')).toBe('http://localhost:5173');
  expect(await allow('https://evil.example')).toBeNull();
  expect(await allow('http://localhost:5173.evil.example')).toBeNull();
  expect(await allow('null')).toBeNull();
});

test('S4: an address is what the socket says, unless a trusted proxy says otherwise', async () => {
  const limit = { RATE_LIMITS: 'otp.request:address=2/3600' };
  await using limited = await startServer(limit);
  await using proxied = await startServer({ ...limit, TRUST_PROXY: '127.0.0.1' });
  const statuses = async (url: string): Promise<number[]> => {
    const all: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      const response = await fetch(`${url}/trpc/otp.request`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': `203.0.113.${i}` },
        body: json({ phone: `0912000002${i}` }),
      });
      all.push(response.status);
    }
    return all;
  };
  expect(await statuses(limited.url)).toEqual([200, 200, 429]);
  expect(await statuses(proxied.url)).toEqual([200, 200, 200]);
});

describe('the development inbox', () => {
  test('shows the last texts of a number, newest first', async () => {
    const phone = '09120000003';
    await post('otp.request', json({ phone }));
    const code = await server.code(phone);
    const response = await fetch(`${server.url}/dev/sms?phone=${phone}`);
    const texts = (await response.json()) as object[];
    expect(texts).toEqual([
      {
        phone: '+989120000003',
        text: expect.stringContaining(code) as string,
        ref: expect.stringMatching(/^\d{1,18}$/) as string,
        sentAt: expect.any(String) as string,
      },
    ]);
    const bad = await fetch(`${server.url}/dev/sms?phone=abc`);
    expect(bad.status).toBe(400);
  });

  test('shows the last mails to an address, newest first', async () => {
    const mail = { subject: 'کد ورود', text: '123456', html: '<p>123456</p>' };
    for (const to of ['sara+1@home.example', 'reza@home.example']) {
      await server.container.app.deps.mail?.send({ ...mail, to, ref: to });
    }
    const inbox = async (query: string): Promise<unknown> =>
      (await fetch(`${server.url}/dev/mail${query}`)).json();
    const sentAt = expect.any(String) as string;
    const toSara = { ...mail, to: 'sara+1@home.example', sentAt };
    const toReza = { ...mail, to: 'reza@home.example', sentAt };
    expect(await inbox('')).toEqual([toReza, toSara]);
    expect(await inbox('?to=Sara+1@home.example')).toEqual([toSara]);
    expect(await inbox('?to=nobody@home.example')).toEqual([]);
    expect((await fetch(`${server.url}/dev/mail?to=sara`)).status).toBe(400);
  });

  test('is not there in production', async () => {
    await using production = await startServer({
      NODE_ENV: 'production',
      SECRET_KEY: 'Yq8vJm2xWc5nRt7bKd4pLz9sHf3gXe6u',
      SMS_PROVIDERS: 'webhook',
      SMS_WEBHOOK_URL: 'http://127.0.0.1:9/sms',
      SMS_WEBHOOK_SECRET: 'k3V9sQ2mX7pL5tRw',
    });
    expect((await fetch(`${production.url}/dev/mail`)).status).toBe(404);
    const response = await fetch(`${production.url}/dev/sms`);
    expect(response.status).toBe(404);
    expect(response.headers.get('strict-transport-security')).toContain('max-age');
  });
});

test.for([
  { RATE_LIMIT_STORE: 'memory' },
  { RATE_LIMIT_STORE: 'postgres' },
  // Nobody listens there: neither the start nor the limits need it.
  { RATE_LIMIT_STORE: 'redis', REDIS_URL: 'redis://127.0.0.1:9' },
])('limits hold with %j', async (store) => {
  await using limited = await startServer({
    ...store,
    RATE_LIMITS: 'session.refresh:address=1/3600',
  });
  const ask = async (): Promise<number> => {
    const response = await fetch(`${limited.url}/trpc/session.refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: json({ refreshToken: 'x' }),
    });
    return response.status;
  };
  expect(await ask()).toBe(401);
  expect(await ask()).toBe(429);
  expect((await fetch(`${limited.url}/readyz`)).status).toBe(200);
});

test('without a database calls are refused as "not now", and work again when it is back', async () => {
  await using database = await cloneDatabase();
  const url = new URL(database.url);
  await using proxy = await startProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  await using down = await startServer({}, { url: url.href, drop: () => Promise.resolve() });
  const call = () =>
    fetch(`${down.url}/trpc/otp.request`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: json({ phone: '09120000009' }),
    });
  await proxy.cut();
  const refused = await call();
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('2');
  const body = (await refused.json()) as ErrorBody;
  expect(appCodeOf(body)).toBe('UNAVAILABLE');
  expect(body.error.json.message).not.toMatch(/ECONN|127\.0\.0\.1/);
  expect((await fetch(`${down.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${down.url}/healthz`)).status).toBe(200);
  await proxy.mend();
  await expect.poll(async () => (await fetch(`${down.url}/readyz`)).status).toBe(200);
  expect((await call()).status).toBe(200);
});
