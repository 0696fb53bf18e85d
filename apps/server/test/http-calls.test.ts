import { randomUUID } from 'node:crypto';
import { procedureList, type App } from '@chapar/api';
import { cloneDatabase } from '@chapar/api/testing';
import type { FastifyInstance, LightMyRequestResponse as Response } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openContainer } from '../src/container.ts';
import { parseConfig } from '../src/env.ts';
import { createServer } from '../src/server.ts';
import { answerByStock } from '../src/transports/http-stock.ts';
import { addCalls, httpCallsOf } from '../src/transports/trpc-http.ts';
import { good, hostileTexts, masked, somePhone } from './http-inputs.ts';

interface Asked {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  /** What follows the prefix of the adapter. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

type Way = 'trpc' | 'stock';

let server: FastifyInstance;
let app: App;
/** Two people of whom nobody can tell one from the other, so that each adapter has its own. */
const tokens: Record<Way, string> = { trpc: '', stock: '' };
const conversationId = randomUUID();
const undo = new AsyncDisposableStack();

beforeAll(async () => {
  const database = undo.use(await cloneDatabase());
  const config = parseConfig({
    DATABASE_URL: database.url,
    PORT: '0',
    OTP_TEST_NUMBERS: '+989120000001:123456,+989120000002:123456',
    OTP_TEST_NUMBERS_UNTIL: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10),
  });
  const container = await openContainer(config, pino({ level: 'silent' }), () => undefined);
  undo.defer(() => container.close());
  app = container.app;
  server = await createServer(config, container);
  const calls = httpCallsOf(app);
  addCalls(server, '/stock', (request, reply) => answerByStock(calls, request, reply));
  undo.defer(() => server.close());

  const ids = [await signIn('trpc', '+989120000001'), await signIn('stock', '+989120000002')];
  await app.hot.query(
    `insert into conversations (id, kind, direct_key, created_at) values ($1, 'direct', $2, now())`,
    [conversationId, conversationId],
  );
  await app.hot.query(
    'insert into streams (id, head_seq, head_pos, message_seq, message_at) values ($1, 0, 0, 3, now())',
    [conversationId],
  );
  await app.hot.query(
    'insert into conversation_members (user_id, conversation_id, read_seq) select unnest($1::uuid[]), $2, 0',
    [ids, conversationId],
  );
  await app.hot.query(
    `insert into messages (conversation_id, seq, id, sender_id, text, created_at)
    select $1, n, gen_random_uuid(), $2, $3 || n, now() from generate_series(1, 3) n`,
    [conversationId, ids[0], 'سلام "آ" \\ \n \u2028 🙂 '],
  );
});

/** Whatever a call has ended goes on. */
beforeEach(async () => {
  await app.hot.query('update sessions set ended_at = null, end_reason = null');
  await app.hot.query("update users set status = 'active', erase_at = null");
});

afterAll(() => undo.disposeAsync());

async function signIn(way: Way, phone: string): Promise<string> {
  const call = async (path: string, input: object): Promise<Record<string, unknown>> => {
    const response = await ask(way, { path, body: JSON.stringify({ json: input }) }, '10.0.0.1');
    const { result } = response.json<{ result: { data: { json: Record<string, unknown> } } }>();
    return result.data.json;
  };
  const { challengeId } = await call('otp.request', { phone });
  const login = await call('otp.verify', { challengeId, code: '123456' });
  tokens[way] = String(login['accessToken']);
  return (login['user'] as { id: string }).id;
}

function ask(way: Way, asked: Asked, remoteAddress: string): Promise<Response> {
  const { method = asked.body === undefined ? 'GET' : 'POST', path, headers, body } = asked;
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return server.inject({
    method,
    url: `/${way}/${path}`,
    headers: { ...type, ...headers },
    remoteAddress,
    ...(body !== undefined && { payload: body }),
  });
}

let networks = 0;

/** Numbers of nobody, of which each adapter has its own. */
const phones: Record<Way, string> = { trpc: '09123456780', stock: '09123456781' };

/** What differs between two answers to the same request, whoever gives them. */
const unlike = new Set(['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding']);

function shown(response: Response) {
  const { statusCode, headers, body } = response;
  const same = (name: string, value: unknown): unknown => {
    // The second may be over between two answers.
    if (name === 'retry-after') {
      return '<seconds>';
    }
    // What CORS has said of the page is written over by tRPC's adapter, and kept by ours.
    return name === 'vary' ? String(value).replace(/^Origin, /, '') : value;
  };
  const said = Object.entries(headers).flatMap(([name, value]) =>
    unlike.has(name) ? [] : [[name, same(name, value)] as const],
  );
  return { statusCode, headers: Object.fromEntries(said), body: masked(body) };
}

/** Asks both. @returns what each of them answered */
async function askBoth(asked: Asked, as: 'nobody' | 'somebody') {
  networks += 1;
  const ip = `10.${networks >> 8}.${networks & 255}.9`;
  const token = (way: Way) => as === 'somebody' && { authorization: `Bearer ${tokens[way]}` };
  const own = (way: Way): Asked => ({
    ...asked,
    headers: { ...token(way), ...asked.headers },
    ...(asked.body !== undefined && { body: asked.body.replaceAll(somePhone, phones[way]) }),
  });
  const [usual, stock] = [await ask('trpc', own('trpc'), ip), await ask('stock', own('stock'), ip)];
  return { usual: { asked, as, ...shown(usual) }, stock: { asked, as, ...shown(stock) } };
}

const calls = procedureList.filter(({ type }) => type !== 'subscription');

function askedOf(path: string, type: string, text: string | null, isBatch: boolean): Asked {
  const batched = isBatch && text !== null ? `{"0":${text}}` : text;
  const query = isBatch ? '?batch=1' : '?';
  if (type === 'mutation') {
    return { path: `${path}${query}`, body: batched ?? '' };
  }
  const input = batched === null ? '' : `&input=${encodeURIComponent(batched)}`;
  return { path: `${path}${query}${input}` };
}

describe.for(['nobody', 'somebody'] as const)('asked by %s', (as) => {
  test.for(calls)('$path answers as tRPC’s own adapter does', async ({ path, type }) => {
    const valid = good(path, conversationId);
    const texts = [valid === undefined ? null : JSON.stringify({ json: valid }), ...hostileTexts];
    for (const text of texts) {
      for (const isBatch of [false, true]) {
        const { usual, stock } = await askBoth(askedOf(path, type, text, isBatch), as);
        expect(usual).toEqual(stock);
      }
    }
  });
});

test('a good token and good input get an answer', async () => {
  const me = await askBoth({ path: 'user.me?batch=1&input=%7B%7D' }, 'somebody');
  expect(me.usual.statusCode).toBe(200);
  expect(me.usual).toEqual(me.stock);
  const list = { json: good('chat.listMessages', conversationId) };
  const input = encodeURIComponent(JSON.stringify(list));
  const page = await askBoth({ path: `chat.listMessages?input=${input}` }, 'somebody');
  expect(page.usual.statusCode).toBe(200);
  expect(page.usual).toEqual(page.stock);
});

const two = encodeURIComponent('{"1":{"json":{}}}');

test.for<[number, Asked]>([
  [200, { path: `user.me,chat.list?batch=1&input=${two}` }],
  [207, { path: 'user.me,chat.get?batch=1&input=%7B%7D' }],
  [207, { path: 'user.me,no.such?batch=1' }],
  [400, { path: 'user.me,user.update?batch=1' }],
  [400, { path: 'user.me,user.update?batch=1', body: '{}' }],
  [200, { path: `${Array(10).fill('user.me').join(',')}?batch=1` }],
  [400, { path: `${Array(11).fill('user.me').join(',')}?batch=1` }],
  [404, { path: 'user.me,user.me' }],
  [207, { path: 'user.me,?batch=1' }],
  [404, { path: '?batch=1' }],
  [400, { path: 'chat.list,chat.list?batch=1&input=%5B%5D' }],
  // Who needs no input is not hindered by it.
  [207, { path: 'chat.list,user.me?batch=1&input=%7Bbad' }],
  [400, { path: `chat.list,chat.list?batch=1&input=${encodeURIComponent('{"1":7,"0":null}')}` }],
  [400, { path: 'stream.onEvent' }],
  [400, { path: 'user.me,stream.onEvent?batch=1' }],
])('a batch: %i for %j', async ([status, asked]) => {
  const { usual, stock } = await askBoth(asked, 'somebody');
  expect(usual.statusCode).toBe(status);
  expect(usual).toEqual(stock);
});

test.for<Asked>([
  { method: 'POST', path: 'user.me' },
  { path: 'user.me', body: '{"json":{}}' },
  { path: 'user.update' },
  { method: 'HEAD', path: 'user.me' },
  { method: 'PUT', path: 'user.me', body: '{}' },
  { method: 'PATCH', path: 'user.update', body: '{}' },
  { method: 'DELETE', path: 'user.update' },
  { method: 'OPTIONS', path: 'user.me' },
  { method: 'POST', path: 'user.update' },
  ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''].map(
    (type) => ({ path: 'user.update', body: '{"json":{}}', headers: { 'content-type': type } }),
  ),
  ...['APPLICATION/JSON', 'application/json;charset=utf-8', 'application/json ; x=1'].map(
    (type) => ({ path: 'user.update', body: '{"json":{}}', headers: { 'content-type': type } }),
  ),
  ...['application/json', 'text/plain', 'multipart/form-data', 'application/octet-stream'].map(
    (type) => ({ path: 'user.me', headers: { 'content-type': type } }),
  ),
  { path: 'user.me?batch=1&batch=1' },
  { path: 'user.me?batch=2' },
  { path: 'chat.list?input=%7B%7D&input=1' },
  { path: 'chat.list?input' },
  { path: 'chat.list?input=%ZZ' },
  { path: 'chat.list?input=%22%FF%22' },
  { path: 'chat.list?input=%7B%22json%22%3A%7B%22cursor%22%3A%22%25%22%7D%7D' },
  { path: 'chat.list?input=%7B%22json%22%3A+%7B%22limit%22%3A+1%7D%7D' },
  { path: 'user.me?connectionParams=%7Bbad' },
  { path: 'user.me?connectionParams=null' },
  { path: 'user.me', headers: { 'trpc-accept': 'application/jsonl' } },
  { path: 'user.me?batch=1', headers: { 'trpc-accept': 'application/jsonl' } },
  { path: 'user.me?batch=1', headers: { accept: 'text/html, application/jsonl' } },
  { path: 'user.me', headers: { accept: 'text/html' } },
  { path: 'user.me', headers: { authorization: 'Bearer x' } },
  { path: 'user.me', headers: { authorization: 'Basic eDp5' } },
  { path: 'chat.get', headers: { 'accept-language': 'fa' } },
  { path: 'user.me', headers: { origin: 'http://localhost:5173' } },
  { path: 'user.me', headers: { origin: 'https://evil.example' } },
  ...['__proto__', 'constructor', 'toString', 'user', 'user.me.', 'USER.ME', 'user%2Eme'].map(
    (path) => ({ path }),
  ),
  { path: 'user.me%2Cuser.me?batch=1' },
  { path: 'user.me%252Cuser.me?batch=1' },
  { path: 'user.me%25' },
])('of another kind: %j', async (asked) => {
  const { usual, stock } = await askBoth(asked, 'somebody');
  expect(usual).toEqual(stock);
});

test('an answer says that it depends on the page that asks', async () => {
  const { headers } = await ask('trpc', { path: 'user.me' }, '10.0.0.9');
  expect(headers.vary).toBe('Origin, trpc-accept, accept');
});
