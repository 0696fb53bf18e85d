import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createWebhookSms } from '../src/gateways/webhook-sms.ts';
import { startServer } from './harness.ts';

const secret = 'a secret of the webhook';
const message = { to: '+989121110001', text: 'کد ورود: 482130', ref: 'r-1' };
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
async function endpoint(answer: number | 'hang'): Promise<Endpoint> {
  const got: unknown[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      got.push(JSON.parse(body));
      if (answer !== 'hang') {
        response.writeHead(answer).end();
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
  await expect(gateway.send(message)).resolves.toEqual({ outcome: 'accepted', providerId: 'r-1' });
  expect(second.got).toEqual([message]);
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
    reason: `HTTP ${status}`,
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
    SMS_PROVIDER: 'webhook',
    SMS_WEBHOOK_URL: `${down}, ${slow.url}`,
    SMS_WEBHOOK_SECRET: secret,
  });
  const { challengeId } = await server.client().otp.request.mutate({ phone: '+989121110001' });
  expect(challengeId).toBeTruthy();
  await expect.poll(() => slow.got.length).toBe(1);
  expect(slow.got).toMatchObject([{ to: '+989121110001', ref: challengeId }]);
});

test('no endpoint reached at all is a refusal, and another code can be asked for', async () => {
  const gateway = createWebhookSms({ urls: [down, down], secret });
  await expect(gateway.send(message)).resolves.toEqual({
    outcome: 'rejected',
    reason: 'not reached',
  });
});
