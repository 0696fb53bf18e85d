import jwt from 'jsonwebtoken';
import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { second } from '../../kernel/duration.ts';
import { atOnce, createTestApi, expectAppError, tally } from '../../testing/index.ts';
import { mostKnownTokens, verifyAccessToken } from './session.tokens.ts';

test('A37: of a hundred calls at once those of a session that has just ended are refused', async () => {
  await using api = await createTestApi();
  await using other = await createTestApi({ on: api });
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const [saraThere, rezaThere] = [sara.at(other), reza.at(other)];
  for (const [here, there] of [
    [sara, reza],
    [saraThere, rezaThere],
  ] as const) {
    const both = await atOnce(100, (i) => (i % 2 === 0 ? here : there).api.user.me());
    expect(tally(both)).toEqual({ ok: 100 });
  }
  // Calls of both are on their way while one of the sessions ends.
  const before = atOnce(50, () => reza.api.user.me());
  await sara.api.session.end();
  for (const [ended, alive] of [
    [sara, reza],
    [saraThere, rezaThere],
  ] as const) {
    const results = await atOnce(100, async (i) =>
      i % 2 === 0 ? ended.api.user.me() : alive.api.user.me(),
    );
    expect(tally(results.filter((_, i) => i % 2 === 0))).toEqual({ SESSION_ENDED: 50 });
    expect(tally(results.filter((_, i) => i % 2 === 1))).toEqual({ ok: 50 });
  }
  expect(tally(await before)).toEqual({ ok: 50 });
});

test('A37: everybody gets their own, however many ask at once', async () => {
  await using api = await createTestApi();
  const people = [await api.signUp(), await api.signUp(), await api.signUp()];
  const results = await atOnce(120, async (i) => {
    const person = people[i % people.length];
    const me = await person?.api.user.me();
    return me?.id === person?.id;
  });
  expect(results.every((result) => result.status === 'fulfilled' && result.value)).toBe(true);
});

test('A23: a token that was good is refused from the instant on at which it ends', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const { accessToken: token } = sara;
  const good = verifyAccessToken(api.app, token);
  expect(good).toMatchObject({ status: 'verified', userId: sara.id });
  // The same object: it was not verified once more.
  expect(verifyAccessToken(api.app, token)).toBe(good);
  api.clock.advance((defaultConfig.session.accessSeconds + 4) * second);
  expect(verifyAccessToken(api.app, token)).toBe(good);
  api.clock.advance(second);
  expect(verifyAccessToken(api.app, token)).toEqual({ status: 'expired' });
  expect(verifyAccessToken(api.app, token)).toEqual({ status: 'expired' });

  const signature = token.slice(token.lastIndexOf('.'));
  const forged = token.replace(signature, signature.toLowerCase());
  api.clock.advance(-defaultConfig.session.accessSeconds * second);
  expect(verifyAccessToken(api.app, token)).toMatchObject({ status: 'verified' });
  expect(verifyAccessToken(api.app, forged)).toEqual({ status: 'invalid' });
});

test('A23: a token that is remembered is no use at a server with another key', async () => {
  await using api = await createTestApi();
  await using stranger = await createTestApi();
  const sara = await api.signUp();
  expect(verifyAccessToken(api.app, sara.accessToken)).toMatchObject({ status: 'verified' });
  expect(verifyAccessToken(stranger.app, sara.accessToken)).toEqual({ status: 'invalid' });
  await sara.api.session.end();
  await expectAppError(sara.api.user.me(), 'SESSION_ENDED');
});

test('A23: no more tokens are remembered than fit', async () => {
  await using api = await createTestApi();
  const iat = Math.floor(api.clock.now().getTime() / second);
  const [userId, sessionId] = [api.app.deps.newId(), api.app.deps.newId()];
  const make = (n: number): string =>
    jwt.sign(
      { sub: userId, sid: sessionId, typ: 'access', iat, exp: iat + 300, n },
      api.app.secrets.accessToken,
      { algorithm: 'HS256', issuer: 'chapar', audience: 'chapar' },
    );
  const first = make(0);
  const remembered = verifyAccessToken(api.app, first);
  expect(verifyAccessToken(api.app, first)).toBe(remembered);
  for (let n = 1; n <= mostKnownTokens; n += 1) {
    verifyAccessToken(api.app, make(n));
  }
  // It made room, and is verified anew.
  const again = verifyAccessToken(api.app, first);
  expect(again).toEqual(remembered);
  expect(again).not.toBe(remembered);
});
