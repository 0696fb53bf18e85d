import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { TRPCError, getTRPCErrorShape } from '@trpc/server';
import jwt from 'jsonwebtoken';
import { expect, test } from 'vitest';
import { appRouter } from '../../router.ts';
import { second } from '../../kernel/duration.ts';
import { createTestApi, expectAppError, type Actor, type TestApi } from '../../testing/index.ts';
import { verifyAccessToken } from './session.tokens.ts';

const ours = { iss: 'chapar', aud: 'chapar' };
const names = { issuer: 'chapar', audience: 'chapar', algorithm: 'HS256' } as const;

/** Somebody who comes with a token as a transport reads it. */
function holder(api: TestApi, token: string, facts: { ip?: string } = {}): Actor {
  return api.anonymous({ ...facts, auth: verifyAccessToken(api.app, token) });
}

/** What a good token of a person claims at this moment. */
function claimsOf(api: TestApi, person: Actor) {
  const iat = Math.floor(api.clock.now().getTime() / second);
  return { sub: person.id, sid: person.sessionId, typ: 'access', iat, exp: iat + 300 };
}

/** A text in the form of a JWT, signed by nobody's library. */
function compact(header: object, claims: object, signature = ''): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${signature}`;
}

async function countRefused(api: TestApi): Promise<Record<string, number>> {
  const rows = await api.app.db
    .selectFrom('audit_events')
    .select(['ip', 'user_id', 'detail'])
    .where('type', '=', 'token-refused')
    .execute();
  const counts: Record<string, number> = {};
  for (const { ip, user_id: userId, detail } of rows) {
    // Nothing is known of who it was, and the token itself is nobody's to read.
    expect([userId, detail]).toEqual([null, {}]);
    counts[ip] = (counts[ip] ?? 0) + 1;
  }
  return counts;
}

test('A23: a good token says whose session it is, and a bad one is refused by its reason', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  await expect(holder(api, sara.accessToken).api.session.get()).resolves.toMatchObject({
    id: sara.sessionId,
    isCurrent: true,
    createdAt: api.clock.now(),
  });
  await expectAppError(api.anonymous().api.session.get(), 'AUTH_REQUIRED');
  await expectAppError(holder(api, 'x').api.session.get(), 'AUTH_TOKEN_INVALID');
  const { refreshToken } = sara;
  await expectAppError(holder(api, refreshToken).api.session.get(), 'AUTH_TOKEN_INVALID');

  const of = (userId: string): Actor =>
    api.anonymous({
      auth: { status: 'verified', userId, sessionId: sara.sessionId, expiresAt: 0 },
    });
  await expect(of(sara.id).api.session.get()).resolves.toBeDefined();
  await expectAppError(of(api.app.deps.newId()).api.session.get(), 'SESSION_ENDED');
  await sara.api.session.end();
  await expectAppError(sara.api.session.get(), 'SESSION_ENDED');
});

test('A23: clocks may differ by five seconds and no more', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const key = api.app.secrets.accessToken;
  const good = claimsOf(api, sara);
  const sign = (claims: object): Promise<unknown> =>
    holder(api, jwt.sign({ ...good, ...claims }, key, names)).api.session.get();
  await expect(sign({ exp: good.iat - 4 })).resolves.toBeDefined();
  await expectAppError(sign({ exp: good.iat - 5 }), 'AUTH_TOKEN_EXPIRED');
  await expect(sign({ nbf: good.iat + 5 })).resolves.toBeDefined();
  await expectAppError(sign({ nbf: good.iat + 6 }), 'AUTH_TOKEN_INVALID');

  api.clock.advance(304 * second);
  await expect(holder(api, sara.accessToken).api.session.get()).resolves.toBeDefined();
  api.clock.advance(second);
  await expectAppError(holder(api, sara.accessToken).api.session.get(), 'AUTH_TOKEN_EXPIRED');
});

test('A27: a clock of ours that steps back or forth by ten minutes signs nobody out', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  for (const step of [-600, 1_200, -600]) {
    api.clock.advance(step * second);
    const { refreshToken } = sara;
    sara.useTokens(await sara.api.session.refresh({ refreshToken }));
    await expect(sara.api.session.get()).resolves.toMatchObject({ id: sara.sessionId });
  }
});

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' });

/** Every way to make a token that is not ours, by what a good one would claim. */
const forgeries: Record<
  string,
  (made: {
    good: ReturnType<typeof claimsOf>;
    key: KeyObject;
    refreshKey: KeyObject;
    refreshToken: string;
  }) => string
> = {
  'no token at all': () => '',
  'not a token': () => 'a.b.c',
  'a refresh token': ({ refreshToken }) => refreshToken,
  'alg none': ({ good }) => compact({ alg: 'none', typ: 'JWT' }, { ...good, ...ours }),
  'alg NONE': ({ good }) => compact({ alg: 'NONE', typ: 'JWT' }, { ...good, ...ours }),
  'no signature': ({ good }) => compact({ alg: 'HS256', typ: 'JWT' }, { ...good, ...ours }),
  'another HMAC': ({ good, key }) => jwt.sign(good, key, { ...names, algorithm: 'HS512' }),
  'an RSA signature': ({ good }) =>
    jwt.sign(good, rsa.privateKey, { ...names, algorithm: 'RS256' }),
  'a public key as HMAC key': ({ good }) =>
    jwt.sign(good, createSecretKey(Buffer.from(publicPem)), names),
  'the key of the refresh tokens': ({ good, refreshKey }) => jwt.sign(good, refreshKey, names),
  'another audience': ({ good, key }) => jwt.sign(good, key, { ...names, audience: 'other' }),
  'no audience': ({ good, key }) => jwt.sign(good, key, { issuer: 'chapar', algorithm: 'HS256' }),
  'another issuer': ({ good, key }) => jwt.sign(good, key, { ...names, issuer: 'other' }),
  'no issuer': ({ good, key }) => jwt.sign(good, key, { audience: 'chapar', algorithm: 'HS256' }),
  'another type': ({ good, key }) => jwt.sign({ ...good, typ: 'refresh' }, key, names),
  'no type': ({ good, key }) => jwt.sign({ ...good, typ: undefined }, key, names),
  'no end': ({ good: { exp: _exp, ...endless }, key }) => jwt.sign(endless, key, names),
  'not yet good': ({ good, key }) => jwt.sign({ ...good, nbf: good.iat + 60 }, key, names),
  'no session': ({ good, key }) => jwt.sign({ ...good, sid: undefined }, key, names),
  'SQL for a session': ({ good, key }) => jwt.sign({ ...good, sid: "' or 1=1 --" }, key, names),
  'a list of people': ({ good, key }) =>
    jwt.sign({ ...good, sub: undefined, ids: [good.sub] }, key, names),
  'a key found by path': ({ good }) =>
    jwt.sign(good, createSecretKey(Buffer.from('\0')), {
      ...names,
      keyid: '../../../../dev/null',
    }),
  'a key brought along': ({ good }) => {
    const brought = { alg: 'RS256', jwk: rsa.publicKey.export({ format: 'jwk' }) };
    const header: jwt.JwtHeader = brought;
    return jwt.sign(good, rsa.privateKey, { ...names, algorithm: 'RS256', header });
  },
  'a key fetched by address': ({ good }) =>
    jwt.sign(good, rsa.privateKey, {
      ...names,
      algorithm: 'RS256',
      header: { alg: 'RS256', jku: 'http://127.0.0.1:1/keys' },
    }),
};

test('A27: tokens that nobody has given out are refused, each is written down, and no error says more', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const { accessToken: key, refreshToken: refreshKey } = api.app.secrets;
  const good = claimsOf(api, sara);
  await expect(holder(api, jwt.sign(good, key, names)).api.session.get()).resolves.toBeDefined();
  await expect(countRefused(api)).resolves.toEqual({});

  const { refreshToken } = sara;
  const made = Object.entries(forgeries).map(([name, forge], index) => ({
    name,
    token: forge({ good, key, refreshKey, refreshToken }),
    ip: `192.0.2.${index + 1}`,
  }));
  for (const { name, token, ip } of made) {
    const call = holder(api, token, { ip }).api.user.me();
    const error: unknown = await call.catch((error_: unknown) => error_);
    const shape = getTRPCErrorShape({
      config: { ...appRouter._def._config, isDev: true },
      error: error instanceof TRPCError ? error : new TRPCError({ code: 'PARSE_ERROR' }),
      type: 'query',
      path: 'user.me',
      input: undefined,
      ctx: undefined,
    });
    expect({ name, ...shape }).toEqual({
      name,
      code: -32_001,
      message: 'The access token is not valid.',
      data: {
        code: 'UNAUTHORIZED',
        httpStatus: 401,
        path: 'user.me',
        appCode: 'AUTH_TOKEN_INVALID',
        appData: null,
        requestId: null,
      },
    });
  }
  const once = Object.fromEntries(made.map(({ ip }) => [ip, 1]));
  await expect(countRefused(api)).resolves.toEqual(once);
  await expect(sara.api.session.get()).resolves.toBeDefined();
});

test('A27: of one address five refused tokens an hour are written down, and all are refused', async () => {
  await using api = await createTestApi();
  const call = (ip: string) => holder(api, 'x', { ip }).api.user.me();
  for (let i = 0; i < 8; i += 1) {
    await expectAppError(call('198.51.100.7'), 'AUTH_TOKEN_INVALID');
    // One subscriber has all addresses of a /64.
    await expectAppError(call(`2001:db8:1:2::${i}`), 'AUTH_TOKEN_INVALID');
  }
  await expectAppError(call('2001:db8:1:3::1'), 'AUTH_TOKEN_INVALID');
  const counts = await countRefused(api);
  expect(counts['198.51.100.7']).toBe(5);
  expect(counts['2001:db8:1:3::1']).toBe(1);
  expect(Object.values(counts).reduce((a, b) => a + b)).toBe(11);
});
