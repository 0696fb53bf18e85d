import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { day, minute, second } from '../../kernel/duration.ts';
import { createTestApi, expectAppError, type Actor, type TestApi } from '../../testing/index.ts';

/** Codes without a wait in between, for tests in which one person signs in again and again. */
const otp = {
  ...defaultConfig.otp,
  resendSeconds: [0],
  sendsPerContactPer10Minutes: 100,
  sendsPerContactPerDay: 100,
};

async function elsewhere(api: TestApi, person: Actor): Promise<Actor> {
  const device = api.anonymous();
  await device.signIn(person.phone);
  return device;
}

test('S1: a login makes a session with an id of its own, whatever its caller held before', async () => {
  await using api = await createTestApi({ config: { otp } });
  const count = async (): Promise<number> =>
    (await api.app.db.selectFrom('sessions').select('id').execute()).length;
  const sara = api.anonymous();
  const asked = await sara.requestCode('+989121234567');
  await expect(count()).resolves.toBe(0);
  sara.enter(await sara.api.otp.verify(asked));
  await expect(count()).resolves.toBe(1);
  const before = { id: sara.sessionId, token: sara.accessToken };

  // Whoever planted the first session gains nothing from the login that is made over it.
  await sara.signIn(sara.phone);
  expect(sara.sessionId).not.toBe(before.id);
  expect(sara.accessToken).not.toBe(before.token);
  await expect(count()).resolves.toBe(2);
  const victim = api.anonymous({
    auth: { status: 'verified', userId: sara.id, sessionId: before.id, expiresAt: 0 },
  });
  await victim.signIn('+989127654321');
  expect(victim.sessionId).not.toBe(before.id);
  const ids = new Set([sara.sessionId, victim.sessionId, before.id]);
  expect(ids.size).toBe(3);
  const { items } = await victim.api.session.list();
  expect(items.map(({ id }) => id)).toEqual([victim.sessionId]);
});

test('S5: lists the living sessions of the caller, nobody else’s, and marks the current one', async () => {
  await using api = await createTestApi({ config: { otp } });
  const [reza, sara] = [await api.signUp(), await api.signUp()];
  const ended = await elsewhere(api, sara);
  await ended.api.session.end();
  api.clock.advance(10 * minute);
  const phone = api.anonymous();
  const asked = await phone.requestCode(sara.phone);
  const device = { name: 'Pixel', platform: 'android' as const };
  phone.enter(await phone.api.otp.verify({ ...asked, device }));

  const { items } = await sara.api.session.list();
  expect(Object.fromEntries(items.map(({ id, isCurrent }) => [id, isCurrent]))).toEqual({
    [sara.sessionId]: true,
    [phone.sessionId]: false,
  });
  expect(items.find(({ isCurrent }) => !isCurrent)).toMatchObject({
    deviceName: 'Pixel',
    platform: 'android',
    createdAt: api.clock.now(),
  });
  const others = await reza.api.session.list();
  expect(others.items.map(({ id }) => id)).toEqual([reza.sessionId]);
  await expectAppError(api.anonymous().api.session.list(), 'AUTH_REQUIRED');
});

test('S5: a session that rested for too long is not listed', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  api.clock.advance(30 * day + second);
  const again = await elsewhere(api, sara);
  const { items } = await again.api.session.list();
  expect(items.map(({ id }) => id)).toEqual([again.sessionId]);
});

test('A37: signing out ends the session at once: the next call and the next refresh are refused', async () => {
  await using api = await createTestApi({ config: { otp } });
  const sara = await api.signUp();
  const other = await elsewhere(api, sara);
  await sara.api.session.end();
  await expectAppError(sara.api.user.me(), 'SESSION_ENDED');
  await expect(sara.api.session.end()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  const { refreshToken } = sara;
  await expectAppError(sara.api.session.refresh({ refreshToken }), 'SESSION_ENDED');
  await expect(other.api.user.me()).resolves.toMatchObject({ id: sara.id });
});

test('S5, S6: one session ends and nobody ends those of others', async () => {
  await using api = await createTestApi({ config: { otp } });
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const [one, two] = [await elsewhere(api, sara), await elsewhere(api, sara)];
  await expectAppError(reza.api.session.remove({ sessionId: sara.sessionId }), 'SESSION_NOT_FOUND');
  await expectAppError(
    reza.api.session.remove({ sessionId: api.app.deps.newId() }),
    'SESSION_NOT_FOUND',
  );
  await one.api.session.remove({ sessionId: two.sessionId });
  await expectAppError(two.api.user.me(), 'SESSION_ENDED');
  const { refreshToken } = two;
  await expectAppError(two.api.session.refresh({ refreshToken }), 'SESSION_ENDED');
  await expectAppError(one.api.session.remove({ sessionId: two.sessionId }), 'SESSION_NOT_FOUND');
  await expect(sara.api.user.me()).resolves.toBeDefined();

  await one.api.session.remove({ sessionId: one.sessionId });
  await expectAppError(one.api.user.me(), 'SESSION_ENDED');
  const ends = await api.app.db
    .selectFrom('sessions')
    .select(['id', 'end_reason'])
    .where('ended_at', 'is not', null)
    .orderBy('id')
    .execute();
  expect(ends).toEqual([
    { id: one.sessionId, end_reason: 'signed-out' },
    { id: two.sessionId, end_reason: 'removed' },
  ]);
});

test('S7: all others end and the own goes on, or all of them end', async () => {
  await using api = await createTestApi({ config: { otp } });
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const others = [await elsewhere(api, sara), await elsewhere(api, sara)];
  await expect(sara.api.session.removeOthers()).resolves.toEqual({ removed: 2 });
  for (const other of others) {
    await expectAppError(other.api.user.me(), 'SESSION_ENDED');
    const { refreshToken } = other;
    await expectAppError(other.api.session.refresh({ refreshToken }), 'SESSION_ENDED');
  }
  await expect(sara.api.session.removeOthers()).resolves.toEqual({ removed: 0 });

  const last = await elsewhere(api, sara);
  await sara.api.session.removeAll();
  for (const ended of [sara, last]) {
    await expectAppError(ended.api.user.me(), 'SESSION_ENDED');
  }
  await expect(reza.api.user.me()).resolves.toBeDefined();
});

test('S6, S7: ending sessions of others asks for a proof of the last quarter of an hour', async () => {
  await using api = await createTestApi({ config: { otp } });
  const sara = await api.signUp();
  const password = 'blue horse 27 stairs';
  await sara.api.password.set({ password });
  const sessions = [await elsewhere(api, sara), await elsewhere(api, sara)];
  const [one = sara, two = sara] = sessions;
  api.clock.advance(15 * minute);
  const remove = (target: Actor) => sara.api.session.remove({ sessionId: target.sessionId });
  await remove(one);
  api.clock.advance(1);
  for (const refused of [() => remove(two), () => sara.api.session.removeOthers()]) {
    await expect(expectAppError(refused(), 'SESSION_NOT_FRESH')).resolves.toEqual({
      maxAgeSeconds: 900,
    });
  }
  // A refresh proves that the device is the same, not that the person is.
  sara.useTokens(await sara.api.session.refresh({ refreshToken: sara.refreshToken }));
  await expectAppError(remove(two), 'SESSION_NOT_FRESH');
  await expectAppError(sara.api.account.confirm({ password: 'green horse' }), 'PASSWORD_WRONG');
  await expectAppError(remove(two), 'SESSION_NOT_FRESH');

  api.clock.advance(second);
  await sara.api.account.confirm({ password });
  await remove(two);
  api.clock.advance(15 * minute + 1);
  await expectAppError(sara.api.session.removeOthers(), 'SESSION_NOT_FRESH');
  const { challengeId } = await sara.api.account.requestConfirm({});
  const code = await sara.readCode(challengeId);
  await sara.api.account.confirm({ challengeId, code });
  await expect(sara.api.session.removeOthers()).resolves.toEqual({ removed: 0 });
  await sara.api.session.removeAll();
});

test('S5: the log of an account is its owner’s alone, newest first, page by page', async () => {
  await using api = await createTestApi({ config: { otp } });
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  for (let i = 0; i < 3; i += 1) {
    api.clock.advance(minute);
    const other = await elsewhere(api, sara);
    await other.api.session.end();
  }
  const pages = [];
  let cursor: string | null = null;
  do {
    const page = await sara.api.session.listEvents({ limit: 3, cursor });
    pages.push(page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(pages.map((page) => page.length)).toEqual([3, 3, 2]);
  const all = pages.flat();
  expect(new Set(all.map(({ id }) => id)).size).toBe(8);
  expect(all.map(({ type }) => type).join(' ')).toBe(
    `${'session-ended signed-in '.repeat(3)}signed-in account-created`,
  );
  expect(all[0]).toMatchObject({ at: api.clock.now(), isByStaff: false });
  expect(all.at(-2)).toMatchObject({ sessionId: sara.sessionId, detail: { method: 'otp' } });
  const times = all.map(({ at }) => at.getTime());
  expect(times).toEqual(times.toSorted((a, b) => b - a));

  const first = await sara.api.session.listEvents({ limit: 3 });
  const foreign = await reza.api.session.listEvents({ cursor: first.nextCursor });
  const own = await reza.api.session.listEvents({});
  expect(own.items.map(({ type }) => type)).toEqual(['signed-in', 'account-created']);
  expect(own.items.map(({ id }) => id)).toEqual(
    expect.arrayContaining(foreign.items.map(({ id }) => id)),
  );
  await expectAppError(reza.api.session.listEvents({ cursor: 'x' }), 'INPUT_INVALID');
});
