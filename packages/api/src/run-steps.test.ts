import { callTRPCProcedure, initTRPC, TRPCError } from '@trpc/server';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { runSteps } from './run-steps.ts';

interface Context {
  trace: string[];
  user?: string;
}

const t = initTRPC.context<Context>().meta<{ name: string }>().create();
const ours = t.procedure.experimental_caller(runSteps) as unknown as typeof t.procedure;

/** Everything that procedures can be made of. */
function makeRouter(procedure: typeof t.procedure) {
  const named = procedure.use(async ({ ctx, next, path, type, meta }) => {
    ctx.trace.push(`in ${type} ${path} ${meta?.name ?? '-'}`);
    const result = await next({ ctx: { user: 'sara' } });
    ctx.trace.push(result.ok ? 'out' : `failed ${result.error.code}`);
    return result;
  });
  return t.router({
    plain: procedure.query(({ ctx, input }) => ({ ctx, input })),
    named: named.meta({ name: 'a' }).query(({ ctx }) => ctx),
    inputs: named
      .input(z.object({ a: z.string() }))
      .input(z.object({ b: z.number() }))
      .output(z.object({ sum: z.string() }))
      .mutation(({ input, ctx }) => ({ sum: `${input.a}${input.b}${ctx.user}`, more: 1 })),
    badOutput: procedure.output(z.object({ a: z.string() })).query(() => null as never),
    fails: named.query(() => {
      throw new Error('no');
    }),
    refuses: named.query(() => {
      throw new TRPCError({ code: 'CONFLICT', message: 'busy' });
    }),
    guarded: procedure
      .use(() => {
        throw new TRPCError({ code: 'UNAUTHORIZED' });
      })
      .query(() => 'never'),
    forgetful: procedure.use((() => undefined) as never).query(() => 'never'),
    otherInput: procedure
      .use(({ next }) => next({ getRawInput: () => Promise.resolve({ a: 'other' }) }))
      .input(z.object({ a: z.string() }))
      .query(({ input }) => input),
    changed: procedure
      .input(z.string())
      .use(({ next, input }) => next({ input: `${input}!` } as never))
      .query(({ input }) => input),
    twice: procedure
      .use(async ({ next }) => {
        await next();
        return next();
      })
      .query(({ ctx }) => ctx.trace.push('ran')),
    events: named.subscription(async function* events({ ctx }) {
      await Promise.resolve();
      yield ctx.user;
    }),
  });
}

const routers = { theirs: makeRouter(t.procedure), ours: makeRouter(ours) };
const paths = Object.keys(routers.ours._def.procedures);
const inputs = [undefined, { a: 'x', b: 1 }, { a: 1 }, 'text', null];

interface Answer {
  data?: unknown;
  error?: { code: string; message: string; cause: string | undefined };
  trace: string[];
}

async function ask(router: typeof routers.ours, path: string, input: unknown): Promise<Answer> {
  const trace: string[] = [];
  const record = router._def.procedures as unknown as Record<string, { _def: { type: 'query' } }>;
  try {
    const data: unknown = await callTRPCProcedure({
      router,
      path,
      type: record[path]?._def.type ?? 'query',
      ctx: { trace },
      getRawInput: () => Promise.resolve(input),
      signal: undefined,
      batchIndex: 0,
    });
    return { data: isEvents(data) ? await Array.fromAsync(data) : data, trace };
  } catch (error) {
    if (!(error instanceof TRPCError)) {
      throw error;
    }
    const { code, message, cause } = error;
    // Of a step that forgets to answer each says so in its own words.
    const said = path === 'forgetful' ? '' : message;
    return { error: { code, message: said, cause: cause?.message }, trace };
  }
}

function isEvents(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

test.for(paths.flatMap((path) => inputs.map((input) => [path, input] as const)))(
  'a procedure is run as tRPC runs it: %s of %j',
  async ([path, input]) => {
    const theirs = await ask(routers.theirs, path, input);
    await expect(ask(routers.ours, path, input)).resolves.toEqual(theirs);
  },
);

test('a caller on the server gets what tRPC would give it', async () => {
  const callers = Object.values(routers).map((router) => t.createCallerFactory(router));
  for (const createCaller of callers) {
    const caller = createCaller({ trace: [] });
    await expect(caller.inputs({ a: 'x', b: 1 })).resolves.toEqual({ sum: 'x1sara' });
    await expect(caller.refuses()).rejects.toMatchObject({ code: 'CONFLICT' });
  }
});

test('what is no call is told so by tRPC', async () => {
  const { plain } = routers.ours._def.procedures;
  await expect((plain as unknown as () => Promise<unknown>)()).rejects.toThrow('client-only');
});
