import jwt from 'jsonwebtoken';
import type { Deps } from './deps.ts';

/** Who a token is for. Whether the session lives is asked by the statement that does the work. */
export interface Claims {
  userId: string;
  sessionId: string;
}

/** Fastify answers with it. */
class HttpError extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

export const unauthorized = (): Error => new HttpError(401, 'sign in');
export const notFound = (): Error => new HttpError(404, 'not found');

const options = { issuer: 'chapar', audience: 'chapar' };

/** @throws an error with status 401 for a token that is not ours, or that has run out */
export function verify({ accessKey }: Deps, token: string): Claims {
  try {
    const claims = jwt.verify(token, accessKey, { ...options, algorithms: ['HS256'] });
    if (typeof claims === 'string' || typeof claims.sub !== 'string') {
      throw unauthorized();
    }
    return { userId: claims.sub, sessionId: String(claims['sid']) };
  } catch {
    throw unauthorized();
  }
}

/** Reads `Authorization: Bearer …`. */
export function authenticate(deps: Deps, header: string | undefined): Claims {
  if (!header?.startsWith('Bearer ')) {
    throw unauthorized();
  }
  return verify(deps, header.slice('Bearer '.length));
}

const lifeSeconds = 300;

export function sign({ accessKey }: Deps, { userId, sessionId }: Claims): string {
  const claims = { sub: userId, sid: sessionId, typ: 'access' };
  return jwt.sign(claims, accessKey, { ...options, algorithm: 'HS256', expiresIn: lifeSeconds });
}
