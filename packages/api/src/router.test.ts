import { callTRPCProcedure, TRPCError } from '@trpc/server';
import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import type { Connection } from './call.ts';
import { isAppError } from './errors.ts';
import { appRouter, procedureList } from './router.ts';
import { access, type Access } from './testing/access.ts';
import { createTestApi, type Actor, type TestApi } from './testing/index.ts';
import { open, router, signedIn, staff } from './trpc.ts';

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
    if (isAppError(error) && ['AUTH_REQUIRED', 'STAFF_ONLY'].includes(error.appCode)) {
      return false;
    }
    return error instanceof TRPCError;
  }
}

/** One procedure of each rung, so that the ladder itself is proved. */
const ladder = router({
  open: open.query(() => 'done'),
  signedIn: signedIn.query(() => 'done'),
  staff: staff.query(() => 'done'),
});

let api: TestApi;
let actors: Record<'nobody' | 'somebody' | 'staff', Actor>;

beforeAll(async () => {
  api = await createTestApi();
  actors = {
    nobody: api.anonymous(),
    somebody: await api.signUp(),
    staff: await api.signUp({ role: 'staff' }),
  };
});

afterAll(() => api.close());

const rungs: Record<Access, { nobody: boolean; somebody: boolean; staff: boolean }> = {
  open: { nobody: true, somebody: true, staff: true },
  signedIn: { nobody: false, somebody: true, staff: true },
  staff: { nobody: false, somebody: false, staff: true },
};

async function measure(target: Parameters<typeof passes>[0]) {
  return {
    nobody: await passes(target, actors.nobody.call().connection),
    somebody: await passes(target, actors.somebody.call().connection),
    staff: await passes(target, actors.staff.call().connection),
  };
}

test('every procedure has a row in the table of access, and every row a procedure', () => {
  expect(Object.keys(access).toSorted()).toEqual(procedureList.map(({ path }) => path).toSorted());
});

describe('each rung of the ladder', () => {
  test.for(['open', 'signedIn', 'staff'] as const)('%s', async (path) => {
    expect(await measure({ router: ladder, path, type: 'query' })).toEqual(rungs[path]);
  });
});

describe('who may call', () => {
  test.for(procedureList)('$path', async ({ path, type }) => {
    const row = access[path] ?? 'staff';
    expect(await measure({ router: appRouter, path, type })).toEqual(rungs[row]);
  });
});

test('every procedure that answers declares what', () => {
  const silent = procedureList.filter(
    ({ type, hasOutput }) => type !== 'subscription' && !hasOutput,
  );
  expect(silent).toEqual([]);
});
