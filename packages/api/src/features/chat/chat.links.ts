import type { ClaimedCall } from '../../call.ts';
import { AppError } from '../../errors.ts';
import { hour, secondsUntil } from '../../kernel/duration.ts';
import { timeOfId } from '../../kernel/id.ts';
import { hasLink } from './chat.links.rules.ts';

/**
 * Counts a message with a link against what a new account may send. The age of an account is the age
 * of its id, which costs no look at the database; an id that tells no time is of an old account.
 *
 * @returns `CHAT_TOO_MANY_LINKS`, or null for a text that may be sent
 */
export function spendLink(
  { app, actor, now }: Pick<ClaimedCall, 'app' | 'actor' | 'now'>,
  text: string,
): AppError | null {
  const { newAccountHours } = app.config.chat;
  const begun = timeOfId(actor.userId);
  const isNew = begun !== null && now.getTime() - begun < newAccountHours * hour;
  if (!isNew || !hasLink(text)) {
    return null;
  }
  const wait = app.sendPace.links.take(actor.userId, now);
  if (wait === 0) {
    return null;
  }
  const untilOld = secondsUntil(new Date(begun + newAccountHours * hour), now);
  const retryAfterSeconds = Math.min(wait, untilOld);
  return new AppError('CHAT_TOO_MANY_LINKS', { data: { retryAfterSeconds } });
}
