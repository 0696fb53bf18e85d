import type { Device, SessionEndReason, SessionView, TokenPair } from '@chapar/contract';
import type { Actor, Auth, Call, SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { after, minute, second } from '../../kernel/duration.ts';
import { tell } from '../stream/index.ts';
import {
  endSessions,
  findActor,
  findLiveSessions,
  insertSession,
  touch,
  type SessionChoice,
} from './session.repository.ts';
import { makeRefreshToken, signAccessToken } from './session.tokens.ts';
import { toSessionView } from './session.view.ts';

const longestUserAgent = 300;
const seenEvery = minute;

/**
 * Who is calling, checked against the database: a session that ended or an account that was
 * closed is refused at once, however long its token would still live.
 */
export async function readActor(call: Call, auth: Auth): Promise<Actor> {
  if (auth.status === 'none') {
    throw new AppError('AUTH_REQUIRED');
  }
  if (auth.status === 'expired') {
    throw new AppError('AUTH_TOKEN_EXPIRED');
  }
  if (auth.status === 'invalid') {
    throw new AppError('AUTH_TOKEN_INVALID');
  }
  const { app, connection, now } = call;
  const { sessionId } = auth;
  const found = await findActor(app.db, sessionId);
  if (!found || found.ended_at || found.user_id !== auth.userId || found.status !== 'active') {
    throw new AppError('SESSION_ENDED');
  }
  const ifBefore = after(now, -seenEvery);
  if (found.last_seen_at < ifBefore) {
    await touch(app.db, { sessionId, ip: connection.ip, now, ifBefore });
  }
  return { userId: found.user_id, sessionId, role: found.role };
}

/**
 * Starts a session for a person who has just proved who they are, always with a new id. Beyond
 * the allowed number the one that rested longest ends.
 */
export async function startSession(
  call: Call,
  tx: Tx,
  { userId, device }: { userId: string; device: Device | undefined },
): Promise<TokenPair> {
  const { app, connection, now } = call;
  const id = app.deps.newId();
  const refreshCounter = 1;
  await insertSession(tx.db, {
    id,
    user_id: userId,
    refresh_counter: refreshCounter,
    refresh_attempt: null,
    refreshed_at: now,
    last_seen_at: now,
    created_at: now,
    ended_at: null,
    end_reason: null,
    device_name: device?.name ?? null,
    platform: device?.platform ?? null,
    user_agent: connection.userAgent?.slice(0, longestUserAgent) ?? null,
    ip: connection.ip,
  });
  await end(call, tx, {
    userId,
    choice: { beyondNewest: app.config.session.perUser },
    reason: 'too-many',
  });
  await tell(call, tx, [
    {
      streamId: userId,
      type: 'session.started',
      body: { sessionId: id, deviceName: device?.name ?? null },
    },
  ]);
  return tokenPair(call, { id, userId, refreshCounter, refreshedAt: now });
}

export async function listSessions(call: SignedInCall): Promise<{ items: SessionView[] }> {
  const { app, actor, now } = call;
  const { refreshIdleSeconds, refreshAbsoluteSeconds } = app.config.session;
  const rows = await findLiveSessions(app.db, actor.userId, {
    refreshedAfter: after(now, -refreshIdleSeconds * second),
    createdAfter: after(now, -refreshAbsoluteSeconds * second),
  });
  return { items: rows.map((row) => toSessionView(row, actor.sessionId)) };
}

/** Ends one of the caller's sessions; one that is not theirs is not found. */
export async function removeSession(call: SignedInCall, sessionId: string): Promise<void> {
  const reason = sessionId === call.actor.sessionId ? 'signed-out' : 'removed';
  const ended = await endOwn(call, { only: sessionId }, reason);
  if (ended.length === 0) {
    throw new AppError('SESSION_NOT_FOUND');
  }
}

export async function removeOtherSessions(call: SignedInCall): Promise<{ removed: number }> {
  const ended = await endOwn(call, { allBut: call.actor.sessionId }, 'removed');
  return { removed: ended.length };
}

/** Signs the caller out. */
export async function endCurrentSession(call: SignedInCall): Promise<void> {
  await endOwn(call, { only: call.actor.sessionId }, 'signed-out');
}

function endOwn(
  call: SignedInCall,
  choice: SessionChoice,
  reason: SessionEndReason,
): Promise<string[]> {
  return transaction(call, (tx) => end(call, tx, { userId: call.actor.userId, choice, reason }));
}

/** Which sessions of whom end, and why. */
interface SessionEnd {
  userId: string;
  choice: SessionChoice;
  reason: SessionEndReason;
}

/** Ends sessions and tells the person's line, by which their open sockets are closed. */
export async function end(
  call: Call,
  tx: Tx,
  { userId, choice, reason }: SessionEnd,
): Promise<string[]> {
  const ended = await endSessions(tx.db, userId, choice, { reason, now: call.now });
  await tell(
    call,
    tx,
    ended.map((sessionId) => ({
      streamId: userId,
      type: 'session.ended',
      body: { sessionId, reason },
    })),
  );
  return ended;
}

/** The pair that belongs to a state of the session: the same state gives the same pair. */
export function tokenPair(
  { app, now }: Call,
  session: { id: string; userId: string; refreshCounter: number; refreshedAt: Date },
): TokenPair {
  const { id, userId, refreshCounter, refreshedAt } = session;
  const age = Math.floor((now.getTime() - refreshedAt.getTime()) / second);
  return {
    accessToken: signAccessToken(app, { id, userId, at: refreshedAt }),
    refreshToken: makeRefreshToken(app, id, refreshCounter),
    accessExpiresIn: app.config.session.accessSeconds - age,
  };
}
