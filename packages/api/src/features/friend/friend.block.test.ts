import { TRPCError } from '@trpc/server';
import { expect, test } from 'vitest';
import { toPublicError, type PublicError } from '../../error-shape.ts';
import { second } from '../../kernel/duration.ts';
import { createTestApi, expectAppError, type Actor } from '../../testing/index.ts';
import type { Listener } from '../../testing/listener.ts';
import { findBlockedWith, isBlockedBetween } from './index.ts';
import { lineOf, standing } from './test/standing.ts';

/** What the client gets to see of a refusal. */
async function refusal(call: Promise<unknown>): Promise<PublicError> {
  const thrown: unknown = await call.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof TRPCError)) {
    throw new TypeError('expected a refusal', { cause: thrown });
  }
  return toPublicError(thrown, 'fa');
}

async function live(actor: Actor): Promise<Listener> {
  return (await actor.listen()).ready();
}

test('R19, R21: a block is told to the own devices only, and lifted again', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp({ firstName: 'رضا' })];
  const [saras, rezas] = [await live(sara), await live(reza)];
  const userId = reza.id;
  await expect(sara.api.friend.block({ userId })).resolves.toEqual({
    id: userId,
    relation: 'blocked',
  });
  const user = { id: userId, firstName: 'رضا', lastName: null };
  const blockedAt = api.clock.now().toISOString();
  await expect(sara.api.friend.listBlocked({})).resolves.toEqual({
    items: [{ user, blockedAt }],
    nextCursor: null,
  });
  await expect(reza.api.friend.listBlocked({})).resolves.toEqual({ items: [], nextCursor: null });
  await expect(sara.api.friend.unblock({ userId })).resolves.toEqual({
    id: userId,
    relation: 'none',
  });
  await saras.until(({ type }) => type === 'friend.unblocked');
  expect(saras.stored.map(({ type, body }) => [type, body])).toEqual([
    ['friend.blocked', { user, blockedAt }],
    ['friend.unblocked', { userId }],
  ]);
  // What follows on the other line shows that nothing came before it.
  const { id: requestId } = await sara.api.friend.request({ userId });
  await rezas.until(({ type }) => type === 'friend.requested');
  expect(rezas.stored.map(({ type }) => type)).toEqual(['friend.requested']);
  await expect(reza.api.friend.accept({ requestId })).resolves.toMatchObject({
    relation: 'friends',
  });
  saras.stop();
  rezas.stop();
});

test('R20, R21: oneself, the unknown, a second block and a block that is not there are refused', async () => {
  await using api = await createTestApi();
  const [sara, reza, closed] = [await api.signUp(), await api.signUp(), await api.signUp()];
  const nobody = { userId: api.app.deps.newId() };
  const him = { userId: reza.id };
  await expectAppError(sara.api.friend.block({ userId: sara.id }), 'FRIEND_BLOCK_SELF');
  await expectAppError(sara.api.friend.block(nobody), 'USER_NOT_FOUND');
  await expectAppError(sara.api.friend.unblock(nobody), 'FRIEND_BLOCK_NOT_FOUND');
  await expectAppError(sara.api.friend.unblock(him), 'FRIEND_BLOCK_NOT_FOUND');
  await sara.api.friend.block(him);
  await expectAppError(sara.api.friend.block(him), 'FRIEND_BLOCK_EXISTS');
  await expectAppError(reza.api.friend.unblock({ userId: sara.id }), 'FRIEND_BLOCK_NOT_FOUND');
  await sara.api.friend.unblock(him);
  await expectAppError(sara.api.friend.unblock(him), 'FRIEND_BLOCK_NOT_FOUND');
  // Whoever has closed their account may open it again.
  await closed.api.account.remove();
  await expect(sara.api.friend.block({ userId: closed.id })).resolves.toBeTruthy();
});

test('R22: the own list comes in pages, newest first, that neither repeat nor leave out', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const others = await Promise.all(Array.from({ length: 7 }, () => api.signUp()));
  for (const [index, other] of others.entries()) {
    // Some of them in the same instant.
    api.clock.advance(index % 3 === 0 ? second : 0);
    await sara.api.friend.block({ userId: other.id });
    await other.api.friend.block({ userId: sara.id });
  }
  const pages: { id: string; at: string }[][] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof sara.api.friend.listBlocked>> =
      await sara.api.friend.listBlocked({ limit: 3, cursor });
    pages.push(page.items.map(({ user, blockedAt }) => ({ id: user.id, at: blockedAt })));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
  const all = pages.flat();
  expect(new Set(all.map(({ id }) => id))).toEqual(new Set(others.map(({ id }) => id)));
  const times = all.map(({ at }) => at);
  expect(times).toEqual(times.toSorted().toReversed());
  expect(all.at(0)?.id).toBe(others.at(6)?.id);
  await expectAppError(sara.api.friend.listBlocked({ cursor: 'x' }), 'INPUT_INVALID');
});

test('R26: a block ends a friendship, which looks as if it was ended by hand', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const mina = await api.signUp();
  await sara.api.friend.request({ userId: mina.id });
  await mina.api.friend.request({ userId: sara.id });
  await sara.api.friend.remove({ userId: mina.id });
  await sara.api.friend.block({ userId: reza.id });
  await expect(standing(api, sara, reza)).resolves.toMatchObject({
    isBlocked: true,
    areFriends: false,
  });
  for (const one of [sara, reza]) {
    await expect(one.api.friend.list({})).resolves.toMatchObject({ items: [] });
  }
  expect((await lineOf(api, reza)).slice(-1)).toEqual((await lineOf(api, mina)).slice(-1));
  await sara.api.friend.unblock({ userId: reza.id });
  await expect(sara.api.friend.list({})).resolves.toMatchObject({ items: [] });
});

test('R26: a block ends requests of either direction, which look declined or taken back by hand', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp({ firstName: 'سارا' });
  const [asking, declined, asked, canceled] = await Promise.all(
    [1, 2, 3, 4].map(() => api.signUp()),
  );
  if (!asking || !declined || !asked || !canceled) {
    throw new Error('four people are needed');
  }
  const toHer = { userId: sara.id };
  const ids = {
    asking: (await asking.api.friend.request(toHer)).id,
    declined: (await declined.api.friend.request(toHer)).id,
    asked: (await sara.api.friend.request({ userId: asked.id })).id,
    canceled: (await sara.api.friend.request({ userId: canceled.id })).id,
  };
  await sara.api.friend.decline({ requestId: ids.declined });
  await sara.api.friend.cancel({ requestId: ids.canceled });
  await sara.api.friend.block({ userId: asking.id });
  await sara.api.friend.block({ userId: asked.id });
  for (const one of [sara, asking, asked]) {
    await expect(one.api.friend.listRequests({})).resolves.toMatchObject({ items: [] });
  }
  /** All that somebody was told, without the number of their own request. */
  const told = async (who: Actor, requestId: string) =>
    JSON.parse(JSON.stringify(await lineOf(api, who)).replaceAll(requestId, 'id')) as unknown;
  await expect(told(asking, ids.asking)).resolves.toEqual(await told(declined, ids.declined));
  await expect(told(asked, ids.asked)).resolves.toEqual(await told(canceled, ids.canceled));
  const own = (await lineOf(api, sara)).slice(-4).map(({ type }) => type);
  expect(own).toEqual(['friend.declined', 'friend.blocked', 'friend.canceled', 'friend.blocked']);
  const late = { requestId: ids.asking };
  await expectAppError(sara.api.friend.accept(late), 'FRIEND_REQUEST_NOT_FOUND');
  await expectAppError(asking.api.friend.cancel(late), 'FRIEND_REQUEST_NOT_FOUND');
  await expectAppError(
    asked.api.friend.accept({ requestId: ids.asked }),
    'FRIEND_REQUEST_NOT_FOUND',
  );
});

test('R27: to whoever is blocked the other one does not exist; who blocks is told why not', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  await sara.api.friend.block({ userId: reza.id });
  const unknown = await refusal(reza.api.friend.request({ userId: api.app.deps.newId() }));
  expect(unknown).toMatchObject({ appCode: 'USER_NOT_FOUND' });
  expect(await refusal(reza.api.friend.request({ userId: sara.id }))).toEqual(unknown);
  expect(await refusal(reza.api.friend.request({ phone: sara.phone }))).toEqual(unknown);
  const mine = await refusal(sara.api.friend.request({ userId: reza.id }));
  expect(mine).toMatchObject({ appCode: 'FRIEND_BLOCKED', data: { userId: reza.id } });
  expect(await refusal(sara.api.friend.request({ phone: reza.phone }))).toEqual(mine);
  // What the other one does meanwhile changes nothing of the answer.
  await reza.api.friend.block({ userId: sara.id });
  expect(await refusal(sara.api.friend.request({ userId: reza.id }))).toEqual(mine);
  await sara.api.friend.unblock({ userId: reza.id });
  expect(await refusal(sara.api.friend.request({ userId: reza.id }))).toEqual(unknown);
  await reza.api.friend.unblock({ userId: sara.id });
  await expect(sara.api.friend.request({ userId: reza.id })).resolves.toBeTruthy();
});

test('those with a block in either direction are found among others', async () => {
  await using api = await createTestApi();
  const [sara, reza, mina, ali] = [
    await api.signUp(),
    await api.signUp(),
    await api.signUp(),
    await api.signUp(),
  ];
  const { db } = api.app;
  await sara.api.friend.block({ userId: reza.id });
  await mina.api.friend.block({ userId: sara.id });
  await mina.api.friend.block({ userId: ali.id });
  await reza.api.friend.block({ userId: sara.id });
  const all = [sara.id, reza.id, mina.id, ali.id];
  const found = await findBlockedWith(db, sara.id, all);
  expect(found.toSorted()).toEqual([reza.id, mina.id].toSorted());
  await expect(findBlockedWith(db, sara.id, [ali.id])).resolves.toEqual([]);
  await expect(findBlockedWith(db, sara.id, [])).resolves.toEqual([]);
  await expect(isBlockedBetween(db, mina.id, sara.id)).resolves.toBe(true);
  await expect(isBlockedBetween(db, sara.id, mina.id)).resolves.toBe(true);
  await expect(isBlockedBetween(db, sara.id, ali.id)).resolves.toBe(false);
});
