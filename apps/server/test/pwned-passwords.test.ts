import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createPwnedPasswords } from '../src/gateways/pwned-passwords.ts';

const password = 'correct horse';
const hash = createHash('sha1').update(password).digest('hex').toUpperCase();
const suffix = hash.slice(5);
const others = [`${'0'.repeat(34)}A:3`, `${'F'.repeat(35)}:12`];

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A range API on loopback that gives every request the same answer. */
async function serve(answer: RequestListener) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    const entry: Seen = { method, url, headers, body: '' };
    seen.push(entry);
    request.setEncoding('utf8').on('data', (part: string) => {
      entry.body += part;
    });
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const lines = (...all: string[]): RequestListener => {
  return (_request, response) => response.end(all.join('\r\n'));
};

test.for([
  ['found', [...others, `${suffix}:4711`], 4_711],
  ['found as the only line', [`${suffix}:1`], 1],
  ['found in the first line', [`${suffix}:2`, ...others], 2],
  ['found in lower case', [`${suffix.toLowerCase()}:5`], 5],
  ['not found', others, 0],
  ['not found in nothing', [], 0],
  ['padding', [...others, `${suffix}:0`], 0],
  ['another that ends alike', [`A${suffix}:7`], 0],
  ['garbage', ['<html>', suffix, `${suffix}:`, `${suffix}:many`, `${suffix}:-3`], 0],
  ['a count beyond reason', [`${suffix}:${'9'.repeat(400)}`], 0],
] as const)('the answer when it is %s', async ([, all, expected]) => {
  await using api = await serve(lines(...all));
  const count = await createPwnedPasswords({ url: api.url }).count(password);
  expect(count).toBe(expected);
});

test('only five digits of the hash leave, and padding is asked for', async () => {
  await using api = await serve(lines(...others));
  await createPwnedPasswords({ url: `${api.url}/` }).count(password);
  expect(api.seen).toHaveLength(1);
  const [seen] = api.seen;
  expect(seen).toMatchObject({ method: 'GET', url: `/range/${hash.slice(0, 5)}`, body: '' });
  expect(seen?.headers['add-padding']).toBe('true');
  const all = JSON.stringify(api.seen).toUpperCase();
  expect(all).not.toContain(hash.slice(0, 6));
  expect(all).not.toContain(suffix.slice(0, 5));
  expect(all).not.toContain('CORRECT');
});

test('a mirror may lie below a path', async () => {
  await using api = await serve(lines(`${suffix}:9`));
  const count = await createPwnedPasswords({ url: `${api.url}/hibp` }).count(password);
  expect(count).toBe(9);
  expect(api.seen[0]?.url).toBe(`/hibp/range/${hash.slice(0, 5)}`);
});

test('the hash is that of the UTF-8 bytes', async () => {
  await using api = await serve(lines());
  await createPwnedPasswords({ url: api.url }).count('گذرواژه');
  const expected = createHash('sha1').update(Buffer.from('گذرواژه', 'utf8')).digest('hex');
  expect(api.seen[0]?.url).toBe(`/range/${expected.slice(0, 5).toUpperCase()}`);
});

test.for([
  ['is out of order', 503, {}],
  ['limits us', 429, {}],
  ['sends us elsewhere', 302, { location: '/range/elsewhere' }],
] as const)('a service that %s counts as not found', async ([, status, headers]) => {
  await using api = await serve((_request, response) => {
    response.writeHead(status, headers).end(`${suffix}:3`);
  });
  const count = await createPwnedPasswords({ url: api.url }).count(password);
  expect(count).toBe(0);
  expect(api.seen).toHaveLength(1);
});

const hanging: [string, RequestListener][] = [
  ['says nothing', () => undefined],
  ['stops in the middle', (_request, response) => response.write(`${suffix}:3\r\n`)],
  ['hangs up', (request) => request.socket.destroy()],
];

test.for(hanging)('a connection that %s counts as not found', async ([, answer]) => {
  await using api = await serve(answer);
  const count = await createPwnedPasswords({ url: api.url, timeoutMs: 200 }).count(password);
  expect(count).toBe(0);
  expect(api.seen).toHaveLength(1);
});

test('a service that is not there counts as not found', async () => {
  const api = await serve(lines());
  await api[Symbol.asyncDispose]();
  const count = await createPwnedPasswords({ url: api.url }).count(password);
  expect(count).toBe(0);
});

test('without a limit of its own it waits for one second', async () => {
  await using api = await serve(() => undefined);
  const started = performance.now();
  await createPwnedPasswords({ url: api.url }).count(password);
  const waited = performance.now() - started;
  expect(waited).toBeGreaterThan(900);
  expect(waited).toBeLessThan(10_000);
});
