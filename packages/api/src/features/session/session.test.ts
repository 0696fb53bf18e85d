import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { expect, test } from 'vitest';
import { day, minute, second } from '../../kernel/duration.ts';
import { atOnce, createTestApi, expectAppError, tally, type Actor } from '../../testing/index.ts';
import { verifyAccessToken } from './session.tokens.ts';

test('a refresh gives a new pair and the old access token goes on until it ends', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  api.clock.advance(4 * minute);
  const { refreshToken } = sara;
  const pair = await sara.api.session.refresh({ refreshToken });
  expect(pair.refreshToken).not.toBe(refreshToken);
  expect(pair.accessExpiresIn).toBe(300);
  api.clock.advance(2 * minute);
  expect(verifyAccessToken(api.app, sara.accessToken).status).toBe('expired');
  sara.useTokens(pair);
  await expect(sara.api.user.me()).resolves.toMatchObject({ id: sara.id });
});

test('twenty refreshes of one attempt rotate once and get equal answers', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const attempt = { refreshToken: sara.refreshToken, attemptId: randomUUID() };
  const results = await atOnce(20, () => sara.api.session.refresh(attempt));
  const answers = results.map(
    (result) => result.status === 'fulfilled' && JSON.stringify(result.value),
  );
  expect(new Set(answers).size).toBe(1);
  expect(answers[0]).toBeTruthy();
  const row = await api.app.db
    .selectFrom('sessions')
    .select('refresh_counter')
    .executeTakeFirstOrThrow();
  expect(row.refresh_counter).toBe(2);
});

test('of twenty attempts with one token one wins, and the session lives', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const { refreshToken } = sara;
  const results = await atOnce(20, () =>
    sara.api.session.refresh({ refreshToken, attemptId: randomUUID() }),
  );
  expect(tally(results)).toEqual({ ok: 1, SESSION_RETRY_WITH_CURRENT: 19 });
  await expect(sara.api.user.me()).resolves.toBeDefined();
});

test('an old token ends the session, and the person is told', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const r1 = sara.refreshToken;
  const attemptId = randomUUID();
  const { refreshToken: r2 } = await sara.api.session.refresh({ refreshToken: r1, attemptId });
  await sara.api.session.refresh({ refreshToken: r2 });
  await expectAppError(sara.api.session.refresh({ refreshToken: r1, attemptId }), 'SESSION_ENDED');
  await expectAppError(sara.api.user.me(), 'SESSION_ENDED');
  await expectAppError(sara.api.session.refresh({ refreshToken: r2 }), 'SESSION_ENDED');
  const told = await api.app.db
    .selectFrom('stream_events')
    .select('body')
    .where('type', '=', 'session.ended')
    .execute();
  expect(told).toEqual([{ body: { sessionId: sara.sessionId, reason: 'refresh-reused' } }]);
});

test('the token before the current one is forgiven for thirty seconds', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const attempt = { refreshToken: sara.refreshToken, attemptId: randomUUID() };
  const pair = await sara.api.session.refresh(attempt);
  api.clock.advance(30 * second);
  await expect(sara.api.session.refresh(attempt)).resolves.toEqual({
    ...pair,
    accessExpiresIn: 270,
  });
  api.clock.advance(1);
  await expectAppError(sara.api.session.refresh(attempt), 'SESSION_ENDED');
});

test('a session that rests for thirty days ends', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  api.clock.advance(30 * day + second);
  const { refreshToken } = sara;
  await expectAppError(sara.api.session.refresh({ refreshToken }), 'SESSION_ENDED');
});

test('tokens that we have not made are refused', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const [id = '', counter = '', mac = ''] = sara.refreshToken.split('.');
  const forged = [
    'x',
    `${id}.${counter}`,
    `${id}.2.${mac}`,
    `${randomUUID()}.${counter}.${mac}`,
    `${sara.refreshToken}.x`,
    sara.accessToken,
  ];
  for (const refreshToken of forged) {
    await expectAppError(sara.api.session.refresh({ refreshToken }), 'SESSION_REFRESH_INVALID');
  }
  await expect(sara.api.user.me()).resolves.toBeDefined();

  const { app } = api;
  const key = app.secrets.accessToken;
  const iat = Math.floor(api.clock.now().getTime() / 1000);
  const good = { sub: sara.id, sid: sara.sessionId, typ: 'access', iat, exp: iat + 300 };
  const names = { issuer: 'chapar', audience: 'chapar', algorithm: 'HS256' } as const;
  const status = (token: string) => verifyAccessToken(app, token).status;
  expect(status(jwt.sign(good, key, names))).toBe('verified');
  const { exp: _exp, ...endless } = good;
  const bad = [
    'x',
    '',
    sara.refreshToken,
    jwt.sign(good, null, { ...names, algorithm: 'none' }),
    jwt.sign(good, key, { ...names, algorithm: 'HS512' }),
    jwt.sign(good, app.secrets.refreshToken, names),
    jwt.sign(good, key, { ...names, audience: 'other' }),
    jwt.sign(good, key, { ...names, issuer: 'other' }),
    jwt.sign({ ...good, typ: 'refresh' }, key, names),
    jwt.sign({ ...good, nbf: iat + 60 }, key, names),
    jwt.sign(endless, key, names),
    jwt.sign({ ...good, sid: "' or 1=1" }, key, names),
  ];
  expect(bad.map(status)).toEqual(bad.map(() => 'invalid'));
  expect(status(jwt.sign({ ...good, exp: iat - 6 }, key, names))).toBe('expired');
});

test('lists the living sessions of the caller and marks the current one', async () => {
  await using api = await createTestApi();
  await api.signUp();
  const sara = await api.signUp();
  api.clock.advance(10 * minute);
  const phone = api.anonymous();
  const { challengeId, code } = await phone.requestCode(sara.phone);
  await phone.api.otp.verify({ challengeId, code, device: { name: 'Pixel', platform: 'android' } });
  const { items } = await sara.api.session.list();
  expect(items).toHaveLength(2);
  expect(items.find(({ isCurrent }) => isCurrent)?.id).toBe(sara.sessionId);
  expect(items.find(({ isCurrent }) => !isCurrent)).toMatchObject({
    deviceName: 'Pixel',
    platform: 'android',
    userAgent: 'test',
    ip: expect.stringMatching(/^10\./) as string,
  });
});

test('ends one session, the others, its own; and nobody ends those of others', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const another = async (): Promise<Actor> => {
    api.clock.advance(10 * minute);
    const device = api.anonymous();
    await device.signIn(sara.phone);
    return device;
  };
  const [one, two, three] = [await another(), await another(), await another()];
  await expectAppError(reza.api.session.remove({ sessionId: sara.sessionId }), 'SESSION_NOT_FOUND');
  await one.api.session.remove({ sessionId: two.sessionId });
  await expectAppError(two.api.user.me(), 'SESSION_ENDED');
  await expectAppError(one.api.session.remove({ sessionId: two.sessionId }), 'SESSION_NOT_FOUND');
  await expect(one.api.session.removeOthers()).resolves.toEqual({ removed: 2 });
  await expectAppError(three.api.user.me(), 'SESSION_ENDED');
  await one.api.session.end();
  await expectAppError(one.api.user.me(), 'SESSION_ENDED');
  await expect(reza.api.user.me()).resolves.toBeDefined();
});

test('the eleventh device ends the one that rested longest', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  for (let i = 0; i < 10; i += 1) {
    api.clock.advance(6 * 60 * minute);
    await api.anonymous().signIn(sara.phone);
  }
  await expectAppError(sara.api.user.me(), 'SESSION_ENDED');
  const rows = await api.app.db
    .selectFrom('sessions')
    .select('end_reason')
    .where('ended_at', 'is not', null)
    .execute();
  expect(rows).toEqual([{ end_reason: 'too-many' }]);
});

test('last seen moves with the calls, at most once a minute', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const seen = async (): Promise<number> =>
    (await sara.api.session.list()).items[0]?.lastSeenAt.getTime() ?? 0;
  const first = await seen();
  api.clock.advance(30 * second);
  await sara.api.user.me();
  await expect(seen()).resolves.toBe(first);
  api.clock.advance(minute);
  await sara.api.user.me();
  await expect(seen()).resolves.toBe(first + 90 * second);
});
