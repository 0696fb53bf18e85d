import {
  isServiceKey,
  verifyAccessToken,
  verifyServiceKey,
  type App,
  type Auth,
  type Connection,
} from '@chapar/api';
import type { IncomingHttpHeaders } from 'node:http';

/** What a client says of itself: in headers over HTTP, in connection params over a socket. */
export interface Credentials {
  token: string | null;
  device: unknown;
  /** Whether the token comes with every call, or once for a whole socket. */
  uses?: 'once' | 'often';
}

/** The facts of a connection, from its headers. */
export function readConnection(
  app: App,
  request: { id: string; ip: string; headers: IncomingHttpHeaders },
  { token, device, uses }: Credentials,
): Connection {
  return {
    app,
    requestId: request.id,
    ip: request.ip,
    userAgent: request.headers['user-agent'] ?? null,
    deviceKey: readDeviceKey(device),
    language: readLanguage(request.headers['accept-language']),
    auth: readAuth(app, token, uses),
    socket: null,
  };
}

/** The token of an `Authorization: Bearer` header (RFC 6750, section 2.1). */
export function readBearer(header: string | undefined): string | null {
  return /^Bearer ([^\s]+)$/i.exec(header ?? '')?.[1] ?? null;
}

/** What the device keeps of its own: at least 16 characters that can be random. Else it has none. */
export function readDeviceKey(said: unknown): string | null {
  return typeof said === 'string' && /^[A-Za-z0-9_-]{16,128}$/.test(said) ? said : null;
}

function readAuth(app: App, token: string | null, uses: Credentials['uses']): Auth {
  if (token === null) {
    return { status: 'none' };
  }
  return isServiceKey(token) ? verifyServiceKey(app, token) : verifyAccessToken(app, token, uses);
}

/** The first language asked for decides (RFC 9110, section 12.5.4); English unless it is Persian. */
export function readLanguage(header: string | undefined): 'en' | 'fa' {
  return /^\s*fa\b/i.test(header ?? '') ? 'fa' : 'en';
}
