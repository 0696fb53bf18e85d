import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { day, minute, second } from '../../kernel/duration.ts';
import {
  atOnce,
  createTestApi,
  expectAppError,
  tally,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';
import { verifyAccessToken } from './session.tokens.ts';

let api: TestApi;

beforeAll(async () => {
  api = await createTestApi();
});

afterAll(() => api.close());

function refresh(actor: Actor, refreshToken = actor.refreshToken, attemptId = randomUUID()) {
  return actor.api.session.refresh({ refreshToken, attemptId });
}

async function counterOf(actor: Actor): Promise<number> {
  const row = await api.app.db
    .selectFrom('sessions')
    .select('refresh_counter')
    .where('id', '=', actor.sessionId)
    .executeTakeFirstOrThrow();
  return row.refresh_counter;
}

/** What the owner of a session is told when an old token of it comes back. */
async function expectStolen(owner: Actor): Promise<void> {
  const { sessionId } = owner;
  const told = await api.app.db
    .selectFrom('stream_events')
    .select('body')
    .where('stream_id', '=', owner.id)
    .where('type', 'in', ['account.alert', 'session.ended'])
    .orderBy('seq')
    .execute();
  expect(told.map(({ body }) => body)).toEqual([
    { type: 'refresh-reused', sessionId },
    { sessionId, reason: 'refresh-reused' },
  ]);
  const noted = await api.app.db
    .selectFrom('audit_events')
    .select(['user_id', 'session_id', 'ip', 'at'])
    .where('type', '=', 'refresh-reused')
    .where('session_id', '=', sessionId)
    .execute();
  expect(noted).toEqual([
    {
      user_id: owner.id,
      session_id: sessionId,
      ip: expect.stringMatching(/^10\./) as string,
      at: api.clock.now(),
    },
  ]);
}

test('A22: a refresh gives a new pair, and the old access token goes on until it ends', async () => {
  const sara = await api.signUp();
  api.clock.advance(4 * minute);
  const old = { accessToken: sara.accessToken, refreshToken: sara.refreshToken };
  const pair = await refresh(sara);
  expect(pair.refreshToken).not.toBe(old.refreshToken);
  expect(pair.accessToken).not.toBe(old.accessToken);
  expect(pair.accessExpiresIn).toBe(300);
  expect(verifyAccessToken(api.app, old.accessToken).status).toBe('verified');
  api.clock.advance(2 * minute);
  expect(verifyAccessToken(api.app, old.accessToken).status).toBe('expired');
  sara.useTokens(pair);
  await expect(sara.api.user.me()).resolves.toMatchObject({ id: sara.id });
});

test('A26: the lives of tokens and sessions and the grace are what the operator says', async () => {
  const session = {
    ...defaultConfig.session,
    accessSeconds: 60,
    refreshIdleSeconds: 3_600,
    refreshAbsoluteSeconds: 7_200,
    refreshGraceSeconds: 5,
  };
  await using own = await createTestApi({ config: { session } });
  const sara = await own.signUp();
  const first = sara.refreshToken;
  const attemptId = randomUUID();
  const pair = await refresh(sara, first, attemptId);
  expect(pair.accessExpiresIn).toBe(60);
  own.clock.advance(5 * second);
  await expect(refresh(sara, first, attemptId)).resolves.toMatchObject({ accessExpiresIn: 55 });
  own.clock.advance(61 * second);
  expect(verifyAccessToken(own.app, pair.accessToken).status).toBe('expired');

  // Resting for an hour is allowed, and two hours are the end of it all.
  own.clock.advance(3_534 * second);
  const next = await refresh(sara, pair.refreshToken);
  own.clock.advance(3_600 * second);
  const third = await refresh(sara, next.refreshToken);
  own.clock.advance(second);
  await expectAppError(refresh(sara, third.refreshToken), 'SESSION_ENDED');
});

test('A27: a session that rests for thirty days ends, and so does one of half a year', async () => {
  const [resting, busy] = [await api.signUp(), await api.signUp()];
  api.clock.advance(30 * day);
  busy.useTokens(await refresh(busy));
  api.clock.advance(1);
  await expectAppError(refresh(resting), 'SESSION_ENDED');
  for (let month = 1; month < 6; month += 1) {
    api.clock.advance(30 * day - 1);
    busy.useTokens(await refresh(busy));
  }
  api.clock.advance(5);
  await expectAppError(refresh(busy), 'SESSION_ENDED');
  const ends = await api.app.db
    .selectFrom('sessions')
    .select('end_reason')
    .where('id', 'in', [resting.sessionId, busy.sessionId])
    .execute();
  expect(ends).toEqual([{ end_reason: 'expired' }, { end_reason: 'expired' }]);
});

test('A27: twenty refreshes of one attempt rotate once and get equal answers', async () => {
  const sara = await api.signUp();
  const attemptId = randomUUID();
  const results = await atOnce(20, () => refresh(sara, sara.refreshToken, attemptId));
  expect(tally(results)).toEqual({ ok: 20 });
  const answers = results.map((result) => JSON.stringify(result));
  expect(new Set(answers).size).toBe(1);
  await expect(counterOf(sara)).resolves.toBe(2);
});

test('A27: of twenty attempts with one token one wins, and the session lives', async () => {
  const sara = await api.signUp();
  const results = await atOnce(20, () => refresh(sara));
  expect(tally(results)).toEqual({ ok: 1, SESSION_RETRY_WITH_CURRENT: 19 });
  await expect(counterOf(sara)).resolves.toBe(2);
  const [winner] = results.flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  await expect(refresh(sara, winner?.refreshToken)).resolves.toBeDefined();
});

test('A27: without an attempt id one of twenty wins, and a repeat is not told from a rival', async () => {
  const sara = await api.signUp();
  const { refreshToken } = sara;
  const results = await atOnce(20, () => sara.api.session.refresh({ refreshToken }));
  expect(tally(results)).toEqual({ ok: 1, SESSION_RETRY_WITH_CURRENT: 19 });
  await expectAppError(sara.api.session.refresh({ refreshToken }), 'SESSION_RETRY_WITH_CURRENT');
  await expect(sara.api.user.me()).resolves.toBeDefined();
});

test('A27: an answer that was lost comes again for the same attempt, at any node, for thirty seconds', async () => {
  await using other = await createTestApi({ on: api });
  const sara = await api.signUp();
  const lost = sara.refreshToken;
  const attemptId = randomUUID();
  const pair = await refresh(sara, lost, attemptId);
  const again = await refresh(sara.at(other), lost, attemptId);
  expect(again).toEqual(pair);
  api.clock.advance(30 * second);
  await expect(refresh(sara, lost, attemptId)).resolves.toEqual({ ...pair, accessExpiresIn: 270 });
  await expectAppError(refresh(sara, lost), 'SESSION_RETRY_WITH_CURRENT');
  await expect(counterOf(sara)).resolves.toBe(2);
  // The pair that came twice is good once.
  await expect(refresh(sara, again.refreshToken)).resolves.toBeDefined();
  await expect(counterOf(sara)).resolves.toBe(3);
});

test('A27: the token before the current one ends the session after thirty seconds', async () => {
  const sara = await api.signUp();
  const stolen = sara.refreshToken;
  const attemptId = randomUUID();
  const pair = await refresh(sara, stolen, attemptId);
  api.clock.advance(30 * second + 1);
  await expectAppError(refresh(sara, stolen, attemptId), 'SESSION_ENDED');
  await expectAppError(refresh(sara, pair.refreshToken), 'SESSION_ENDED');
  await expectAppError(sara.api.user.me(), 'SESSION_ENDED');
  await expectStolen(sara);
});

test('A27: a token two generations old ends the session within the grace, and is told once', async () => {
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const stolen = sara.refreshToken;
  const attemptId = randomUUID();
  const pair = await refresh(sara, stolen, attemptId);
  await refresh(sara, pair.refreshToken);
  const results = await atOnce(5, () => refresh(sara, stolen, attemptId));
  expect(tally(results)).toEqual({ SESSION_ENDED: 5 });
  await expectStolen(sara);
  await expect(reza.api.user.me()).resolves.toBeDefined();
});

test('A27: the end by an old token reaches the other nodes: calls, refreshes and live streams', async () => {
  await using other = await createTestApi({ on: api });
  const sara = await api.signUp();
  const there = sara.at(other);
  const live = await (await there.listen()).ready();
  const stolen = sara.refreshToken;
  const { refreshToken: r2 } = await refresh(sara, stolen);
  const { refreshToken: r3 } = await refresh(sara, r2);
  await expectAppError(refresh(sara, stolen), 'SESSION_ENDED');
  await expectAppError(there.api.user.me(), 'SESSION_ENDED');
  await expectAppError(refresh(there, r3), 'SESSION_ENDED');
  await expect.poll(() => live.closeCode, { timeout: second }).toBe(4403);
  expect(live.stored.map(({ type }) => type)).toEqual(['account.alert', 'session.ended']);
});

test('A27: refresh tokens that nobody has given out are refused and end nothing', async () => {
  const sara = await api.signUp();
  const [id = '', counter = '', mac = ''] = sara.refreshToken.split('.');
  const flipped = `${mac.startsWith('A') ? 'B' : 'A'}${mac.slice(1)}`;
  const forged = [
    'x',
    '..',
    `${id}.${counter}`,
    `${id}.${counter}.`,
    `${id}.${counter}.${flipped}`,
    `${id}.2.${mac}`,
    `${id}.01.${mac}`,
    `${id}.-1.${mac}`,
    `${id}.99999999999.${mac}`,
    `${randomUUID()}.${counter}.${mac}`,
    `${id.toUpperCase()}.${counter}.${mac}`,
    `${sara.refreshToken}.x`,
    sara.accessToken,
  ];
  for (const refreshToken of forged) {
    await expectAppError(refresh(sara, refreshToken), 'SESSION_REFRESH_INVALID');
  }
  await expect(counterOf(sara)).resolves.toBe(1);
  await expect(refresh(sara)).resolves.toBeDefined();
});
