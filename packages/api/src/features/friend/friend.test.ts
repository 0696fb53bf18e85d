import { expect, test } from 'vitest';
import { atOnce, createTestApi, expectAppError, tally } from '../../testing/index.ts';

test('a request is seen by both, answered once, and makes friends both ways', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [
    await api.signUp({ firstName: 'سارا' }),
    await api.signUp({ firstName: 'رضا' }),
  ];
  const request = await sara.api.friend.request({ userId: reza.id });
  expect(request).toMatchObject({ relation: 'outgoing', user: { id: reza.id, firstName: 'رضا' } });
  expect((await sara.api.friend.listRequests({})).items).toEqual([request]);
  const { items } = await reza.api.friend.listRequests({});
  expect(items).toEqual([
    { ...request, relation: 'incoming', user: { id: sara.id, firstName: 'سارا', lastName: null } },
  ]);

  const requestId = request.id;
  await expectAppError(sara.api.friend.accept({ requestId }), 'FRIEND_REQUEST_NOT_FOUND');
  await expect(reza.api.friend.accept({ requestId })).resolves.toMatchObject({
    relation: 'friends',
    user: { id: sara.id },
  });
  await expectAppError(reza.api.friend.accept({ requestId }), 'FRIEND_REQUEST_NOT_FOUND');
  await expectAppError(reza.api.friend.decline({ requestId }), 'FRIEND_REQUEST_NOT_FOUND');
  expect((await sara.api.friend.list({})).items).toMatchObject([
    { id: reza.id, relation: 'friends' },
  ]);
  expect((await reza.api.friend.list({})).items).toMatchObject([
    { id: sara.id, relation: 'friends' },
  ]);
  expect((await reza.api.friend.listRequests({})).items).toEqual([]);
});

test('asks by phone number too, however it is typed', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const phone = reza.phone.replace('+98', '0');
  await expect(sara.api.friend.request({ phone })).resolves.toMatchObject({
    user: { id: reza.id },
  });
});

test('refuses oneself, the unknown, the inactive, friends and a second request', async () => {
  await using api = await createTestApi();
  const [sara, reza, closed] = [await api.signUp(), await api.signUp(), await api.signUp()];
  await expectAppError(sara.api.friend.request({ userId: sara.id }), 'FRIEND_SELF');
  await expectAppError(sara.api.friend.request({ phone: sara.phone }), 'FRIEND_SELF');
  await expectAppError(sara.api.friend.request({ userId: api.app.deps.newId() }), 'USER_NOT_FOUND');
  await expectAppError(sara.api.friend.request({ phone: '09350000000' }), 'USER_NOT_FOUND');
  await api.app.db
    .updateTable('users')
    .set({ status: 'inactive' })
    .where('id', '=', closed.id)
    .execute();
  await expectAppError(sara.api.friend.request({ userId: closed.id }), 'USER_NOT_FOUND');
  const { id } = await sara.api.friend.request({ userId: reza.id });
  const data = await expectAppError(
    sara.api.friend.request({ userId: reza.id }),
    'FRIEND_REQUEST_EXISTS',
  );
  expect(data).toEqual({ requestId: id });
  await reza.api.friend.accept({ requestId: id });
  await expectAppError(reza.api.friend.request({ userId: sara.id }), 'FRIEND_ALREADY');
});

test('who asks second accepts', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const { id } = await sara.api.friend.request({ userId: reza.id });
  await expect(reza.api.friend.request({ userId: sara.id })).resolves.toMatchObject({
    id,
    relation: 'friends',
  });
  expect((await sara.api.friend.list({})).items).toHaveLength(1);
});

test('two who ask each other at the same instant become friends, once', async () => {
  await using api = await createTestApi();
  for (let round = 0; round < 5; round += 1) {
    const [sara, reza] = [await api.signUp(), await api.signUp()];
    const results = await atOnce(10, (index) =>
      index % 2 === 0
        ? sara.api.friend.request({ userId: reza.id })
        : reza.api.friend.request({ userId: sara.id }),
    );
    const counts = tally(results);
    expect(counts['ok']).toBe(2);
    expect((counts['FRIEND_ALREADY'] ?? 0) + (counts['FRIEND_REQUEST_EXISTS'] ?? 0)).toBe(8);
    expect((await sara.api.friend.list({})).items).toMatchObject([{ id: reza.id }]);
    expect((await reza.api.friend.list({})).items).toMatchObject([{ id: sara.id }]);
    const rows = await api.app.db
      .selectFrom('friend_requests')
      .select('status')
      .where('sender_id', 'in', [sara.id, reza.id])
      .execute();
    expect(rows).toEqual([{ status: 'accepted' }]);
  }
});

test('accepting and cancelling at the same instant has one outcome', async () => {
  await using api = await createTestApi();
  for (let round = 0; round < 5; round += 1) {
    const [sara, reza] = [await api.signUp(), await api.signUp()];
    const { id: requestId } = await sara.api.friend.request({ userId: reza.id });
    const results = await Promise.allSettled([
      reza.api.friend.accept({ requestId }),
      sara.api.friend.cancel({ requestId }),
      reza.api.friend.decline({ requestId }),
    ]);
    expect(tally(results)).toEqual({ ok: 1, FRIEND_REQUEST_NOT_FOUND: 2 });
    const friends = (await sara.api.friend.list({})).items.length;
    expect(friends).toBe(results[0].status === 'fulfilled' ? 1 : 0);
  }
});

test('declined, cancelled or ended, one can ask again', async () => {
  await using api = await createTestApi();
  const [sara, reza, stranger] = [await api.signUp(), await api.signUp(), await api.signUp()];
  const ask = async () => (await sara.api.friend.request({ userId: reza.id })).id;
  const declined = await ask();
  await expectAppError(
    stranger.api.friend.decline({ requestId: declined }),
    'FRIEND_REQUEST_NOT_FOUND',
  );
  await expectAppError(reza.api.friend.cancel({ requestId: declined }), 'FRIEND_REQUEST_NOT_FOUND');
  await expect(reza.api.friend.decline({ requestId: declined })).resolves.toMatchObject({
    relation: 'none',
  });
  await expect(sara.api.friend.cancel({ requestId: await ask() })).resolves.toMatchObject({
    relation: 'none',
  });
  await reza.api.friend.accept({ requestId: await ask() });
  await expectAppError(stranger.api.friend.remove({ userId: sara.id }), 'FRIEND_NOT_FOUND');
  await expect(reza.api.friend.remove({ userId: sara.id })).resolves.toEqual({
    id: sara.id,
    relation: 'none',
  });
  await expectAppError(sara.api.friend.remove({ userId: reza.id }), 'FRIEND_NOT_FOUND');
  expect((await sara.api.friend.list({})).items).toEqual([]);
  await expect(ask()).resolves.toBeTruthy();
});

test('a request of somebody whose account was closed since can still be declined', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const { id: requestId } = await sara.api.friend.request({ userId: reza.id });
  await api.app.db
    .updateTable('users')
    .set({ status: 'inactive' })
    .where('id', '=', sara.id)
    .execute();
  await expectAppError(reza.api.friend.accept({ requestId }), 'USER_NOT_FOUND');
  expect(await reza.api.friend.decline({ requestId })).toMatchObject({ relation: 'none' });
  expect((await reza.api.friend.listRequests({})).items).toEqual([]);
});

test('lists come in pages that neither repeat nor leave out', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const others = await Promise.all(Array.from({ length: 7 }, () => api.signUp()));
  for (const other of others) {
    await other.api.friend.request({ userId: sara.id });
  }
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof sara.api.friend.listRequests>> =
      await sara.api.friend.listRequests({ limit: 3, cursor, relation: 'incoming' });
    pages.push(page.items.map(({ user }) => user.id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
  expect(new Set(pages.flat())).toEqual(new Set(others.map(({ id }) => id)));
  expect((await sara.api.friend.listRequests({ relation: 'outgoing' })).items).toEqual([]);
  for (const other of others) {
    await sara.api.friend.request({ userId: other.id });
  }
  const first = await sara.api.friend.list({ limit: 5 });
  const second = await sara.api.friend.list({ limit: 5, cursor: first.nextCursor });
  expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(7);
  for (const bad of [
    'x',
    'W10',
    Buffer.from('[1,"x"]').toString('base64url'),
    Buffer.from('[-1,"00000000-0000-7000-8000-000000000000"]').toString('base64url'),
  ]) {
    await expectAppError(sara.api.friend.list({ cursor: bad }), 'INPUT_INVALID');
  }
});

test('both people hear of every change at once', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const [saras, rezas] = [await (await sara.listen()).ready(), await (await reza.listen()).ready()];
  const { id: first } = await sara.api.friend.request({ userId: reza.id });
  await reza.api.friend.decline({ requestId: first });
  const { id: second } = await sara.api.friend.request({ userId: reza.id });
  await reza.api.friend.accept({ requestId: second });
  await sara.api.friend.remove({ userId: reza.id });
  const types = ['requested', 'declined', 'requested', 'accepted', 'removed'].map(
    (name) => `friend.${name}`,
  );
  await Promise.all(
    [saras, rezas].map((live) => live.until(({ type }) => type === 'friend.removed')),
  );
  for (const live of [saras, rezas]) {
    expect(live.stored.map(({ type }) => type)).toEqual(types);
    live.stop();
  }
  const relationOf = (live: typeof saras) =>
    live.stored.flatMap((event) =>
      event.type === 'friend.requested' ? [event.body.relation] : [],
    );
  expect(relationOf(saras)).toEqual(['outgoing', 'outgoing']);
  expect(relationOf(rezas)).toEqual(['incoming', 'incoming']);
});

test('sixty requests an hour are the most', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const results = await atOnce(65, () => sara.api.friend.request({ phone: '09350000000' }));
  expect(tally(results)).toEqual({ USER_NOT_FOUND: 60, RATE_LIMITED: 5 });
});
