import type { Device, TokenPair } from '@chapar/contract';
import type { AuthMethod } from '../../deps.ts';
import type { Call } from '../../call.ts';
import type { Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { second } from '../../kernel/duration.ts';
import { record } from '../audit/index.ts';
import { tell } from '../stream/index.ts';
import { lockUser } from '../user/index.ts';
import { hashDeviceKey, readUserAgent } from './session.device.ts';
import { end } from './session.end.ts';
import { insertSession } from './session.repository.ts';
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
  const { app, connection, now } = call;
  const { userId, device, method } = start;
  const user = await lockUser(tx.db, userId);
  if (user?.status !== 'active') {
    throw new AppError('USER_INACTIVE');
  }
  const id = app.deps.newId();
  const refreshCounter = 1;
  const deviceKey = hashDeviceKey(connection.deviceKey);
  const userAgent = connection.userAgent?.slice(0, longestUserAgent) ?? null;
  const { deviceKind, browser, os } = readUserAgent(userAgent);
  await makeRoom(call, tx, userId, deviceKey);
  await insertSession(tx.db, {
    id,
    user_id: userId,
    refresh_counter: refreshCounter,
    refresh_attempt: null,
    refreshed_at: now,
    last_seen_at: now,
    authenticated_at: now,
    created_at: now,
    ended_at: null,
    end_reason: null,
    device_name: device?.name ?? null,
    platform: device?.platform ?? null,
    device_key: deviceKey,
    user_agent: userAgent,
    device_kind: deviceKind,
    browser,
    os,
    ip: connection.ip,
  });
  await record(call, tx, { type: 'signed-in', userId, sessionId: id, detail: { method } });
  const deviceName = device?.name ?? null;
  const body = { sessionId: id, deviceName };
  await tell(call, tx, [{ streamId: userId, type: 'session.started', body }]);
  return tokenPair(call, { id, userId, refreshCounter, refreshedAt: now });
}

/** Ends what a new session does not leave room for, before it is there to be counted itself. */
async function makeRoom(
  call: Call,
  tx: Tx,
  userId: string,
  deviceKey: Buffer | null,
): Promise<void> {
  const { session } = call.app.config;
  if (deviceKey) {
    await end(call, tx, { userId, choice: { onDevice: deviceKey }, reason: 'replaced' });
  }
  const over = { notAliveSince: aliveSince(session, call.now) };
  await end(call, tx, { userId, choice: over, reason: 'expired' });
  const tooMany = { beyondNewest: session.perUser - 1 };
  await end(call, tx, { userId, choice: tooMany, reason: 'too-many' });
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
