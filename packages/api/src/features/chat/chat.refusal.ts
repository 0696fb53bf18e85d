import { AppError } from '../../errors.ts';
import type { RightDecision, SendDecision, SendRefusal } from './chat.rules.ts';

/** The error of who may not write. @param peerId the other person of a direct conversation */
export function refusalOf(refusal: SendRefusal, peerId: string | null): AppError {
  switch (refusal.reason) {
    case 'not-friends':
      return peerId === null
        ? new AppError('CHAT_NOT_FOUND')
        : new AppError('CHAT_NOT_FRIENDS', { data: { userId: peerId } });
    case 'not-open':
      return new AppError('CHAT_NOT_OPEN', { data: { status: refusal.status } });
    case 'read-only':
      return new AppError('CHAT_READ_ONLY');
    case 'muted':
      return new AppError('CHAT_MUTED', { data: { until: refusal.until.toISOString() } });
    case 'slow': {
      const { retryAfterSeconds } = refusal;
      return new AppError('CHAT_SLOW_MODE', { data: { retryAfterSeconds } });
    }
    case 'not-found':
      return new AppError('CHAT_NOT_FOUND');
  }
}

/** @throws AppError when the decision is a refusal */
export function requireSend(decision: SendDecision, peerId: string | null): void {
  if (decision.do === 'refuse') {
    throw refusalOf(decision, peerId);
  }
}

/** @throws AppError `CHAT_RIGHT_MISSING`, `CHAT_RANK` */
export function requireRight(decision: RightDecision): void {
  if (decision.do === 'act') {
    return;
  }
  throw decision.reason === 'rank'
    ? new AppError('CHAT_RANK')
    : new AppError('CHAT_RIGHT_MISSING', { data: { capability: decision.capability } });
}
