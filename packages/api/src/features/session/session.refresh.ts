import type { TokenPair } from '@chapar/contract';
import type { Call } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { lockSession, rotate, type OwnedSessionRow } from './session.repository.ts';
import { decideRefresh } from './session.rules.ts';
import { end } from './session.end.ts';
import { tokenPair } from './session.start.ts';
import { readRefreshToken } from './session.tokens.ts';

type Refreshed = { pair: TokenPair } | { refusal: AppError };

/**
 * Gives a new pair for a refresh token. Parallel calls take turns on the session's row: one
 * rotates; the others repeat its answer (same attempt) or are told to use the new tokens.
 *
 * @throws AppError `SESSION_REFRESH_INVALID`, `SESSION_RETRY_WITH_CURRENT`, `SESSION_ENDED`
 */
export async function refreshSession(
  call: Call,
  { refreshToken, attemptId }: { refreshToken: string; attemptId: string | undefined },
): Promise<TokenPair> {
  const token = readRefreshToken(call.app, refreshToken);
  if (!token) {
    throw new AppError('SESSION_REFRESH_INVALID');
  }
  // A refusal is returned, not thrown: the end of a session must be committed.
  const result = await transaction(call, async (tx): Promise<Refreshed> => {
    const row = await lockSession(tx.db, token.sessionId);
    if (row?.status !== 'active') {
      return { refusal: new AppError('SESSION_REFRESH_INVALID') };
    }
    return decide(call, tx, row, { counter: token.counter, attemptId: attemptId ?? null });
  });
  if ('refusal' in result) {
    throw result.refusal;
  }
  return result.pair;
}

async function decide(
  call: Call,
  tx: Tx,
  row: OwnedSessionRow,
  intent: { counter: number; attemptId: string | null },
): Promise<Refreshed> {
  const { app, connection, now } = call;
  const state = {
    refreshCounter: row.refresh_counter,
    refreshAttempt: row.refresh_attempt,
    refreshedAt: row.refreshed_at,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  };
  const session = { id: row.id, userId: row.user_id };
  const decision = decideRefresh(state, intent, app.config.session, now);
  switch (decision.do) {
    case 'rotate': {
      const counter = row.refresh_counter + 1;
      await rotate(tx.db, {
        sessionId: row.id,
        counter,
        attemptId: intent.attemptId,
        ip: connection.ip,
        now,
      });
      return { pair: tokenPair(call, { ...session, refreshCounter: counter, refreshedAt: now }) };
    }
    case 'repeat':
      return { pair: tokenPair(call, { ...session, ...state }) };
    case 'retry-with-current':
      return { refusal: new AppError('SESSION_RETRY_WITH_CURRENT') };
    case 'end':
      await end(call, tx, {
        userId: row.user_id,
        choice: { only: row.id },
        reason: decision.reason,
      });
      return { refusal: new AppError('SESSION_ENDED') };
    case 'refuse':
      return { refusal: new AppError(row.ended_at ? 'SESSION_ENDED' : 'SESSION_REFRESH_INVALID') };
  }
}
