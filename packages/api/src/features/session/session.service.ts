import type { AuditEventView, Page, SessionView } from '@chapar/contract';
import type { Actor, Auth, Call, SignedInCall } from '../../call.ts';
import { AppError } from '../../errors.ts';
import { networkOf } from '../../kernel/address.ts';
import { after, minute, second } from '../../kernel/duration.ts';
import { listEvents, recordRefusedToken, toAuditEventView } from '../audit/index.ts';
import { findLiveSessions, findSession, touch } from './session.repository.ts';
import { aliveSince } from './session.rules.ts';
import { toSessionView } from './session.view.ts';

const seenEvery = minute;

/** Refused tokens that one address gets into the audit log; the rest are refused all the same. */
const refusedTokens = { most: 5, seconds: 3_600 };

/**
 * Who is calling, checked against the database: a session that ended or an account that was
 * closed is refused at once, however long its token would still live.
 *
 * @throws AppError `AUTH_REQUIRED`, `AUTH_TOKEN_EXPIRED`, `AUTH_TOKEN_INVALID`, `SESSION_ENDED`
 */
export async function readActor(call: Call, auth: Auth): Promise<Actor> {
  if (auth.status === 'none') {
    throw new AppError('AUTH_REQUIRED');
  }
  if (auth.status === 'expired') {
    throw new AppError('AUTH_TOKEN_EXPIRED');
  }
  if (auth.status === 'invalid') {
    await noteRefusedToken(call);
    throw new AppError('AUTH_TOKEN_INVALID');
  }
  if (auth.status === 'service') {
    // A service is nobody: it has no account, no friends and no stream.
    throw new AppError('AUTH_REQUIRED');
  }
  const { app } = call;
  const { sessionId } = auth;
  const found = await app.actors.add(sessionId);
  if (!found?.is_alive || found.user_id !== auth.userId || found.status !== 'active') {
    throw new AppError('SESSION_ENDED');
  }
  await noteSeen(call, sessionId, found.last_seen_ms);
  const { user_id: userId, role, authenticated_ms: authenticatedMs } = found;
  return { userId, sessionId, role, authenticatedAt: new Date(authenticatedMs) };
}

/**
 * Notes that a session was used, unless that was noted a moment ago.
 *
 * @param lastSeenMs in milliseconds since 1970
 */
export async function noteSeen(call: Call, sessionId: string, lastSeenMs: number): Promise<void> {
  const { app, connection, now } = call;
  const ifBefore = after(now, -seenEvery);
  if (lastSeenMs < ifBefore.getTime()) {
    await touch(app.db, { sessionId, ip: connection.ip, now, ifBefore });
  }
}

async function noteRefusedToken(call: Call): Promise<void> {
  const { app, connection } = call;
  const key = `token-refused:${networkOf(connection.ip)}`;
  const { allowed } = await app.limiters.shared.spend(key, refusedTokens);
  if (allowed) {
    await recordRefusedToken(call);
  }
}

/**
 * Lets only those through who have proved who they are a moment ago.
 *
 * @throws AppError `SESSION_NOT_FRESH`
 */
export function requireFresh({ actor, now }: SignedInCall, maxAgeSeconds: number): void {
  if (after(actor.authenticatedAt, maxAgeSeconds * second) < now) {
    throw new AppError('SESSION_NOT_FRESH', { data: { maxAgeSeconds } });
  }
}

/** The session that asks. */
export async function getSession({ app, actor }: SignedInCall): Promise<SessionView> {
  const row = await findSession(app.db, actor.sessionId);
  if (!row) {
    throw new AppError('SESSION_ENDED');
  }
  return toSessionView(row, actor.sessionId);
}

export async function listSessions(call: SignedInCall): Promise<{ items: SessionView[] }> {
  const { app, actor, now } = call;
  const since = aliveSince(app.config.session, now);
  const rows = await findLiveSessions(app.db, actor.userId, since);
  return { items: rows.map((row) => toSessionView(row, actor.sessionId)) };
}

/** What happened to the caller's account and sessions, newest first. */
export function listOwnEvents(
  { app, actor }: SignedInCall,
  page: { cursor?: string | null | undefined; limit: number },
): Promise<Page<AuditEventView>> {
  return listEvents(app.db, actor.userId, page, toAuditEventView);
}
