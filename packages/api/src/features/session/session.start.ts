import type { Device, TokenPair } from '@chapar/contract';
import type { AuthMethod } from '../../deps.ts';
import type { Call } from '../../call.ts';
import type { Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { second } from '../../kernel/duration.ts';
import { lockUser } from '../user/index.ts';
import { hashDeviceKey, readUserAgent } from './session.device.ts';
import { notesOfStart, writeNotes } from './session.notes.ts';
import { openSession, type NewSession, type SessionRoom } from './session.open.repository.ts';
import { aliveSince } from './session.rules.ts';
import { makeRefreshToken, signAccessToken } from './session.tokens.ts';

const longestUserAgent = 300;

/** Whose session begins, where, and how they proved who they are. */
export interface SessionStart {
  userId: string;
  device: Device | undefined;
  method: AuthMethod;
}

/**
 * Starts a session for a person who has just proved who they are, always with a new id. An older
 * session of the same device ends, and beyond the allowed number the one that rested longest.
 * Logins of one person take turns, so that both hold however many come at once.
 *
 * @throws AppError `USER_INACTIVE` when the account was closed a moment ago
 */
export async function startSession(call: Call, tx: Tx, start: SessionStart): Promise<TokenPair> {
  const { userId, device, method } = start;
  const user = await lockUser(tx.db, userId);
  if (user?.status !== 'active') {
    throw new AppError('USER_INACTIVE');
  }
  const session = newSession(call, device);
  const replaced = await openSession(tx.db, userId, session, roomFor(call));
  await writeNotes(call, tx, userId, notesOfStart(session, method, replaced));
  return firstPair(call, userId, session);
}

/** The session that would begin with this call. */
export function newSession({ app, connection, now }: Call, device: Device | undefined): NewSession {
  const userAgent = connection.userAgent?.slice(0, longestUserAgent) ?? null;
  return {
    id: app.deps.newId(),
    refreshCounter: 1,
    at: now,
    deviceName: device?.name ?? null,
    platform: device?.platform ?? null,
    deviceKey: hashDeviceKey(connection.deviceKey),
    userAgent,
    ...readUserAgent(userAgent),
    ip: connection.ip,
  };
}

/** What limits the sessions of a person at this call. */
export function roomFor({ app, now }: Call): SessionRoom {
  const { session } = app.config;
  return { most: session.perUser, since: aliveSince(session, now) };
}

/** The pair of a session that has just begun. */
export function firstPair(
  call: Call,
  userId: string,
  { id, refreshCounter, at }: NewSession,
): TokenPair {
  return tokenPair(call, { id, userId, refreshCounter, refreshedAt: at });
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
