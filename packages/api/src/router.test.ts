import { callTRPCProcedure, TRPCError } from '@trpc/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from './call.ts';
import { isAppError } from './errors.ts';
import { after, hour } from './kernel/duration.ts';
import { appRouter, procedureList } from './router.ts';
import { access, type Access } from './testing/access.ts';
import { createTestApi, type Actor, type TestApi } from './testing/index.ts';
import { admin, freshSession, open, router, signedIn, staff, staffOrService } from './trpc.ts';

/** The answers by which a guard turns somebody away. */
const refusals = [
  'AUTH_REQUIRED',
  'SESSION_ENDED',
  'SESSION_NOT_FRESH',
  'STAFF_ONLY',
  'ADMIN_ONLY',
] as const;

/** Whether a caller got past the guard, whatever became of the call behind it. */
async function passes(
  target: {
    router: typeof appRouter | typeof ladder;
    path: string;
    type: 'query' | 'mutation' | 'subscription';
  },
  ctx: Connection,
): Promise<boolean> {
  const { signal } = new AbortController();
  try {
    await callTRPCProcedure({
      ...target,
      ctx,
      signal,
      batchIndex: 0,
      getRawInput: () => Promise.resolve({ notAField: true }),
    });
    return true;
  } catch (error) {
    if (isAppError(error) && refusals.some((code) => code === error.appCode)) {
      return false;
    }
    return error instanceof TRPCError;
  }
}

/** One procedure of each rung, so that the ladder itself is proved. */
const ladder = router({
  open: open.query(() => 'done'),
  signedIn: signedIn.query(() => 'done'),
  fresh: freshSession(60).query(() => 'done'),
  staff: staff.query(() => 'done'),
  admin: admin.query(() => 'done'),
  staffOrService: staffOrService.query(() => 'done'),
});

/** Everybody who may try. `resting` signed in an hour ago; `deactivated` was then shut out. */
const kinds = ['anonymous', 'service', 'resting', 'user', 'deactivated', 'staff', 'admin'] as const;
type Kind = (typeof kinds)[number];
type Cast = Record<Kind, Actor>;

let api: TestApi;
let cast: Cast;

async function castActors(): Promise<Cast> {
  const resting = await api.signUp();
  const deactivated = await api.signUp();
  const { db } = api.app;
  const hourAgo = after(api.clock.now(), -hour);
  await db
    .updateTable('sessions')
    .set({ authenticated_at: hourAgo })
    .where('id', '=', resting.sessionId)
    .execute();
  await db
    .updateTable('users')
    .set({ status: 'inactive' })
    .where('id', '=', deactivated.id)
    .execute();
  return {
    anonymous: api.anonymous(),
    service: api.anonymous({ auth: { status: 'service', name: 'billing' } }),
    resting,
    user: await api.signUp(),
    deactivated,
    staff: await api.signUp({ role: 'staff' }),
    admin: await api.signUp({ role: 'admin' }),
  };
}

beforeAll(async () => {
  api = await createTestApi();
  cast = await castActors();
});

afterAll(() => api.close());

const rungs: Record<Access, readonly Kind[]> = {
  open: kinds,
  signedIn: ['resting', 'user', 'staff', 'admin'],
  fresh: ['user', 'staff', 'admin'],
  staff: ['staff', 'admin'],
  admin: ['admin'],
  staffOrService: ['service', 'staff', 'admin'],
};

/** Who gets past the guard. */
async function measure(target: Parameters<typeof passes>[0], actors: Cast): Promise<Kind[]> {
  const passed: Kind[] = [];
  for (const kind of kinds) {
    if (await passes(target, actors[kind].call().connection)) {
      passed.push(kind);
    }
  }
  return passed;
}

test('A51: every procedure has a row in the table of access, and every row a procedure', () => {
  expect(Object.keys(access).toSorted()).toEqual(procedureList.map(({ path }) => path).toSorted());
});

describe('A51: each rung of the ladder', () => {
  test.for(['open', 'signedIn', 'fresh', 'staff', 'admin', 'staffOrService'] as const)(
    '%s',
    async (path) => {
      expect(await measure({ router: ladder, path, type: 'query' }, cast)).toEqual(rungs[path]);
    },
  );
});

/** Without an input nothing stops the call itself: these are made by people who are not needed. */
const callsThrough = new Set(['session.end', 'session.removeAll', 'account.remove']);

describe('A51, A53: who may call', () => {
  test.for(procedureList)('$path', async ({ path, type }) => {
    const row = access[path] ?? 'admin';
    const actors = callsThrough.has(path) ? await castActors() : cast;
    expect(await measure({ router: appRouter, path, type }, actors)).toEqual(rungs[row]);
  });
});

test('every procedure that answers declares what', () => {
  const silent = procedureList.filter(
    ({ type, hasOutput }) => type !== 'subscription' && !hasOutput,
  );
  expect(silent).toEqual([]);
});
