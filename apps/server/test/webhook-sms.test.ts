import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createWebhookSms } from '../src/gateways/sms/webhook.ts';
import { startServer } from './harness.ts';

const secret = 'a secret of the webhook';
const posted = { to: '+989121110001', text: 'کد ورود: 482130', ref: '70000001' };
const message = { kind: 'text' as const, ...posted };
const opened: Server[] = [];

afterEach(() => {
  for (const server of opened.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

interface Endpoint {
  url: string;
  /** Bodies that came, oldest first. */
  got: unknown[];
}

/** An endpoint that answers with a status; `hang` takes the message and never answers. */
async function endpoint(answer: number | 'hang', lateMs = 0): Promise<Endpoint> {
  const got: unknown[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      got.push(JSON.parse(body));
      if (answer !== 'hang') {
        setTimeout(() => response.writeHead(answer).end(), lateMs);
      }
    });
  });
  opened.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sms`, got };
}

/** Nobody listens there; ports below 1024 that `fetch` refuses by itself would be another case. */
const down = 'http://127.0.0.1:1025/sms';

test('an endpoint that is down is passed over, and the next one sends once', async () => {
  const second = await endpoint(202);
  const gateway = createWebhookSms({ urls: [down, second.url], secret });
  await expect(gateway.send(message)).resolves.toEqual({
    outcome: 'accepted',
    providerMessageId: null,
  });
  expect(second.got).toEqual([posted]);
});

test.for([401, 402, 403, 429])('one that refuses us with %i is passed over', async (status) => {
  const [first, second] = [await endpoint(status), await endpoint(200)];
  const gateway = createWebhookSms({ urls: [first.url, second.url], secret });
  await expect(gateway.send(message)).resolves.toMatchObject({ outcome: 'accepted' });
  expect([first.got.length, second.got.length]).toEqual([1, 1]);
});

test.for([400, 422])('one that refuses the message with %i has the last word', async (status) => {
  const [first, second] = [await endpoint(status), await endpoint(200)];
  const gateway = createWebhookSms({ urls: [first.url, second.url], secret });
  await expect(gateway.send(message)).resolves.toEqual({
    outcome: 'rejected',
    scope: 'message',
    error: 'bad-request',
    providerCode: String(status),
    httpStatus: status,
  });
  expect(second.got).toEqual([]);
});

test.for([500, 503, 'hang'] as const)(
  'one that may have sent it (%s) is never followed by another: no second SMS',
  async (answer) => {
    const [first, second] = [await endpoint(answer), await endpoint(200)];
    const gateway = createWebhookSms({ urls: [first.url, second.url], secret, timeoutMs: 200 });
    await expect(gateway.send(message)).resolves.toMatchObject({ outcome: 'unknown' });
    expect([first.got.length, second.got.length]).toEqual([1, 0]);
  },
);

test('whoever asks for a code is answered while the first endpoint is down and the second is slow', async () => {
  const slow = await endpoint('hang');
  await using server = await startServer({
    SMS_PROVIDERS: 'webhook',
    SMS_WEBHOOK_URL: `${down}, ${slow.url}`,
    SMS_WEBHOOK_SECRET: secret,
  });
  const { challengeId } = await server.client().otp.request.mutate({ phone: '+989121110001' });
  expect(challengeId).toBeTruthy();
  const ref = expect.stringMatching(/^[0-9]{1,18}$/) as string;
  await expect.poll(() => slow.got.length).toBe(1);
  expect(slow.got).toMatchObject([{ to: '+989121110001', ref }]);
});

test('no endpoint reached at all is a refusal, and another code can be asked for', async () => {
  const gateway = createWebhookSms({ urls: [down, down], secret });
  await expect(gateway.send(message)).resolves.toEqual({
    outcome: 'rejected',
    scope: 'provider',
    error: 'busy',
    providerCode: null,
  });
});

test.for([
  { status: 401, scope: 'account', error: 'auth' },
  { status: 402, scope: 'account', error: 'no-credit' },
  { status: 404, scope: 'provider', error: 'unexpected' },
  { status: 429, scope: 'provider', error: 'throttled' },
])('$status of the last endpoint leaves the message to other providers', async (refusal) => {
  const { status, ...because } = refusal;
  const gateway = createWebhookSms({ urls: [(await endpoint(status)).url], secret });
  await expect(gateway.send(message)).resolves.toEqual({
    outcome: 'rejected',
    ...because,
    providerCode: String(status),
    httpStatus: status,
  });
});

test.for([
  { answer: 503, reason: 'http-5xx' },
  { answer: 'hang', reason: 'timeout' },
] as const)('$answer is no answer: $reason', async ({ answer, reason }) => {
  const gateway = createWebhookSms({
    urls: [(await endpoint(answer)).url],
    secret,
    timeoutMs: 200,
  });
  await expect(gateway.send(message)).resolves.toMatchObject({ outcome: 'unknown', reason });
});

describe('all endpoints together', () => {
  test('have so long: each of them gets what is left', async () => {
    const [first, second] = [await endpoint(401, 500), await endpoint('hang')];
    const gateway = createWebhookSms({ urls: [first.url, second.url], secret, withinMs: 1_700 });
    const before = performance.now();
    await expect(gateway.send(message)).resolves.toMatchObject({ reason: 'timeout' });
    const took = performance.now() - before;
    expect(took).toBeGreaterThan(1_600);
    expect(took).toBeLessThan(3_000);
    expect([first.got.length, second.got.length]).toEqual([1, 1]);
  });

  test('and none is asked that could hardly answer: the message may go elsewhere', async () => {
    const [first, second] = [await endpoint(401, 300), await endpoint(200)];
    const gateway = createWebhookSms({ urls: [first.url, second.url], secret, withinMs: 1_200 });
    await expect(gateway.send(message)).resolves.toMatchObject({
      outcome: 'rejected',
      scope: 'account',
      error: 'auth',
    });
    expect(second.got).toEqual([]);
  });

  test('have less time than a message is leased for', async () => {
    const slow = await Promise.all(Array.from({ length: 5 }, () => endpoint(401, 4_000)));
    const gateway = createWebhookSms({ urls: slow.map(({ url }) => url), secret });
    const before = performance.now();
    await expect(gateway.send(message)).resolves.toMatchObject({ outcome: 'unknown' });
    expect(performance.now() - before).toBeLessThan(16_000);
    expect(slow.map(({ got }) => got.length)).toEqual([1, 1, 1, 1, 0]);
  });
});
