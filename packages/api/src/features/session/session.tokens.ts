import { createHmac, timingSafeEqual } from 'node:crypto';
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

/**
 * Checks an access token: signature, algorithm, issuer, audience, type, times (RFC 8725, section
 * 3). It says who holds it; whether the session is still alive is asked for each call.
 */
export function verifyAccessToken({ secrets, deps }: TokenTools, token: string): Auth {
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
    return { status: 'verified', userId: sub, sessionId: sid };
  } catch (error) {
    return { status: error instanceof jwt.TokenExpiredError ? 'expired' : 'invalid' };
  }
}

/** When a token ends, in milliseconds since 1970; for a token that {@link verifyAccessToken} took. */
export function expiryOf(token: string): number {
  const claims = jwt.decode(token);
  const exp = claims && typeof claims === 'object' ? claims.exp : undefined;
  return (exp ?? 0) * second;
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
