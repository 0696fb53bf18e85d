import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { Auth } from '../../call.ts';
import type { ApiConfig, Clock, Secrets } from '../../deps.ts';
import { second } from '../../kernel/duration.ts';

const algorithm = 'HS256';
const issuer = 'chapar';
const audience = 'chapar';
const type = 'access';
const clockToleranceSeconds = 5;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What access tokens are made and checked with. */
export interface TokenTools {
  secrets: Secrets;
  config: ApiConfig;
  deps: { clock: Clock };
}

/**
 * Signs an access token (JWT, RFC 7519). The same session and instant give the same token, so a
 * refresh that is repeated gets the same answer.
 */
export function signAccessToken(
  { secrets, config }: TokenTools,
  session: { id: string; userId: string; at: Date },
): string {
  const iat = Math.floor(session.at.getTime() / second);
  return jwt.sign(
    {
      sub: session.userId,
      sid: session.id,
      typ: type,
      iat,
      exp: iat + config.session.accessSeconds,
    },
    secrets.accessToken,
    { algorithm, issuer, audience },
  );
}

/** Access tokens that were good, with when they end. */
type Verified = Auth & { status: 'verified' };

/** Tokens of so many people are known at a time: some megabytes. */
export const mostKnownTokens = 10_000;

/** What was verified with a key. Another key knows none of it. */
const knownBy = new WeakMap<KeyObject, Map<string, Verified>>();

/**
 * Like {@link checkAccessToken}, which costs ten times as much as to remember what it said. Only good
 * tokens are remembered, so that nobody can fill the memory with others, and only until they end.
 *
 * @param uses `once` for a token that is not to be remembered: a socket shows it once
 */
export function verifyAccessToken(
  tools: TokenTools,
  token: string,
  uses: 'once' | 'often' = 'often',
): Auth {
  const { accessToken: key } = tools.secrets;
  const known = knownTokens(key);
  const before = known.get(token);
  if (before && !hasEnded(tools, before)) {
    return before;
  }
  known.delete(token);
  const auth = checkAccessToken(tools, token);
  if (auth.status === 'verified' && uses === 'often') {
    remember(known, token, auth);
  }
  return auth;
}

function knownTokens(key: KeyObject): Map<string, Verified> {
  const known = knownBy.get(key) ?? new Map<string, Verified>();
  knownBy.set(key, known);
  return known;
}

/** Exactly when {@link checkAccessToken} would say so. */
function hasEnded({ deps }: TokenTools, { expiresAt }: Verified): boolean {
  const now = Math.floor(deps.clock.now().getTime() / second);
  return now >= expiresAt / second + clockToleranceSeconds;
}

/** When there is no room, the one that came first goes: it is the one that ends first, or nearly. */
function remember(known: Map<string, Verified>, token: string, auth: Verified): void {
  if (known.size >= mostKnownTokens) {
    const [oldest = ''] = known.keys();
    known.delete(oldest);
  }
  known.set(token, auth);
}

/**
 * Checks an access token: signature, algorithm, issuer, audience, type, times (RFC 8725, section
 * 3). It says who holds it; whether the session is still alive is asked for each call.
 */
function checkAccessToken({ secrets, deps }: TokenTools, token: string): Auth {
  try {
    const claims = jwt.verify(token, secrets.accessToken, {
      algorithms: [algorithm],
      issuer,
      audience,
      clockTolerance: clockToleranceSeconds,
      clockTimestamp: Math.floor(deps.clock.now().getTime() / second),
    });
    if (typeof claims === 'string' || claims['typ'] !== type || claims.exp === undefined) {
      return { status: 'invalid' };
    }
    const { sub, sid } = claims as { sub?: unknown; sid?: unknown };
    if (!isUuid(sub) || !isUuid(sid)) {
      return { status: 'invalid' };
    }
    return { status: 'verified', userId: sub, sessionId: sid, expiresAt: claims.exp * second };
  } catch (error) {
    return { status: error instanceof jwt.TokenExpiredError ? 'expired' : 'invalid' };
  }
}

/**
 * The refresh token number `counter` of a session: nothing is stored but the counter. The text is
 * `<session id>.<counter>.<HMAC-SHA-256>`.
 */
export function makeRefreshToken(
  { secrets }: TokenTools,
  sessionId: string,
  counter: number,
): string {
  const body = `${sessionId}.${counter}`;
  return `${body}.${mac(secrets, body).toString('base64url')}`;
}

/** Reads a refresh token; null for anything that we have not made. */
export function readRefreshToken(
  { secrets }: TokenTools,
  token: string,
): { sessionId: string; counter: number } | null {
  const [sessionId = '', counterText = '', given = '', ...more] = token.split('.');
  if (more.length > 0 || !uuid.test(sessionId) || !/^[1-9][0-9]{0,8}$/.test(counterText)) {
    return null;
  }
  const expected = mac(secrets, `${sessionId}.${counterText}`);
  const actual = Buffer.from(given, 'base64url');
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) {
    return null;
  }
  return { sessionId, counter: Number(counterText) };
}

function mac(secrets: Secrets, body: string): Buffer {
  return createHmac('sha256', secrets.refreshToken).update(body).digest();
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && uuid.test(value);
}
