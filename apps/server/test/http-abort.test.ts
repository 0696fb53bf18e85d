import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { initTRPC, TRPCError } from '@trpc/server';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createHttpCalls, type HttpCalls } from '../src/transports/http-calls.ts';
import { answerByStock } from '../src/transports/http-stock.ts';
import { addCalls } from '../src/transports/trpc-http.ts';

const t = initTRPC.create({ isDev: false });

/** What the procedures were told, by the adapter that called them. */
const aborted: string[] = [];
const waiting: string[] = [];
const errors: unknown[] = [];
/** Whether the short way took each request that it was given. */
const taken: boolean[] = [];

const router = t.router({
  hang: t.procedure.query(async ({ signal, ctx }) => {
    const { way } = ctx as { way: string };
    waiting.push(way);
    await once(signal ?? new EventTarget(), 'abort');
    aborted.push(way);
  }),
  finish: t.procedure.query(({ signal, ctx }) => {
    const { way } = ctx as { way: string };
    signal?.addEventListener('abort', () => aborted.push(way));
    return { at: new Date(0), nothing: undefined };
  }),
  nothing: t.procedure.query(() => undefined),
  mutate: t.procedure.input((input) => input).mutation(({ input }) => ({ input })),
  fail: t.procedure.query(() => {
    throw new Error('unforeseen');
  }),
  refuse: t.procedure.query(() => {
    throw new TRPCError({ code: 'CONFLICT', message: 'refused' });
  }),
});

const ways = ['short', 'stock'] as const;
let server: FastifyInstance;

beforeAll(async () => {
  server = fastify();
  for (const way of ways) {
    const calls: HttpCalls = {
      router,
      maxBatchSize: 3,
      createContext: () => ({ way }),
      onError: (_request, { error, path }) => errors.push({ path, message: error.message }),
    };
    const answerUsual = createHttpCalls(calls);
    addCalls(server, `/${way}`, async (request, reply) => {
      if (way === 'stock') {
        await answerByStock(calls, request, reply);
      } else {
        taken.push(await answerUsual(request, reply));
      }
    });
  }
  await server.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(() => server.close());

test.for(ways)('%s: the call is aborted when its client goes away, and only then', async (way) => {
  const { port } = server.server.address() as AddressInfo;
  const finished = await fetch(`http://127.0.0.1:${port}/${way}/finish`);
  expect(finished.status).toBe(200);
  await finished.text();
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET /${way}/hang HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  await vi.waitFor(() => expect(waiting).toContain(way));
  expect(aborted).not.toContain(way);
  socket.destroy();
  await vi.waitFor(() => expect(aborted.filter((one) => one === way)).toHaveLength(1));
});

test.for([
  'finish',
  'nothing',
  'fail',
  'refuse',
  'finish,fail?batch=1',
  'nothing,finish,refuse?batch=1',
])('both answer %s alike, and tell of the same errors', async (path) => {
  const answers = [];
  for (const way of ways) {
    errors.length = 0;
    const { statusCode, headers, body } = await server.inject(`/${way}/${path}`);
    const { 'content-type': type, vary } = headers;
    const said: unknown = JSON.parse(body);
    answers.push({ statusCode, type, vary, said, errors: [...errors] });
  }
  expect(answers[0]).toEqual(answers[1]);
  expect(taken).not.toContain(false);
});
