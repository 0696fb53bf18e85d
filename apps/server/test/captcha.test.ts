import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createSiteVerify } from '../src/gateways/captcha.ts';

const secret = 'captcha-Qz7Lm2Xw';
const proof = { token: 'solved & "signed"', ip: '203.0.113.7' };

async function startProvider(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/siteverify`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('the provider gets the secret, the token and the address as a form', async () => {
  let asked: unknown = null;
  await using provider = await startProvider((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const { method, headers } = request;
      asked = {
        method,
        type: headers['content-type'],
        form: Object.fromEntries(new URLSearchParams(body)),
      };
      response.end('{"success":true,"hostname":"app.example"}');
    });
  });
  expect(await createSiteVerify({ url: provider.url, secret }).check(proof)).toBe(true);
  expect(asked).toEqual({
    method: 'POST',
    type: 'application/x-www-form-urlencoded;charset=UTF-8',
    form: { secret, response: proof.token, remoteip: proof.ip },
  });
});

test.for([
  { name: 'a no', status: 200, body: '{"success":false,"error-codes":["timeout-or-duplicate"]}' },
  { name: 'a failure', status: 500, body: '{"success":true}' },
  { name: 'a refusal', status: 403, body: '{"success":true}' },
  { name: 'garbage', status: 200, body: '<html>success</html>' },
  { name: 'nothing', status: 200, body: '' },
  { name: 'another type', status: 200, body: '{"success":"true"}' },
  { name: 'null', status: 200, body: 'null' },
  { name: 'a list', status: 200, body: '[true]' },
])('$name is a no', async ({ status, body }) => {
  await using provider = await startProvider((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  expect(await createSiteVerify({ url: provider.url, secret }).check(proof)).toBe(false);
});

test('a redirect is a no, and the secret does not follow it', async () => {
  let asked = 0;
  await using other = await startProvider((_request, response) => {
    asked += 1;
    response.end('{"success":true}');
  });
  await using provider = await startProvider((_request, response) => {
    response.writeHead(307, { location: other.url }).end();
  });
  expect(await createSiteVerify({ url: provider.url, secret }).check(proof)).toBe(false);
  expect(asked).toBe(0);
});

test.for(['before', 'inside'] as const)(
  'a provider that hangs %s its answer is a no in time',
  async (where) => {
    await using provider = await startProvider((_request, response) => {
      if (where === 'inside') {
        response.write('{"success":');
      }
    });
    const captcha = createSiteVerify({ url: provider.url, secret, timeoutMs: 100 });
    expect(await captcha.check(proof)).toBe(false);
  },
);

test('a provider that is away is a no', async () => {
  const provider = await startProvider(() => undefined);
  await provider[Symbol.asyncDispose]();
  expect(await createSiteVerify({ url: provider.url, secret }).check(proof)).toBe(false);
});
