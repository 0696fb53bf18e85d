import type { SignedInCall } from '../../call.ts';
import { AppError } from '../../errors.ts';

/** The topic begins so; the id of the connection follows. */
export const renewalPrefix = 'socket/';

/** What a node is told of a socket that it may have. */
export interface Renewal {
  sessionId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/**
 * Lets a socket live until the end of the token that this call was made with. Whichever node has the
 * socket is told through the hub, which may lose the news: then the socket ends at its time and the
 * client comes back. A socket of another session takes no notice.
 *
 * @returns when the token ends, ISO 8601
 */
export function renewSocket(call: SignedInCall, connectionId: string): { expiresAt: string } {
  const { auth, app } = call.connection;
  if (auth.status !== 'verified') {
    throw new AppError('AUTH_REQUIRED');
  }
  const { sessionId, expiresAt } = auth;
  const renewal: Renewal = { sessionId, expiresAt };
  app.deps.hub.signal({
    topic: `${renewalPrefix}${connectionId}`,
    json: JSON.stringify(renewal),
  });
  return { expiresAt: new Date(expiresAt).toISOString() };
}
