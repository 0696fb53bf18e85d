import type { Cause } from '../../call.ts';
import { AppError } from '../../errors.ts';

/**
 * Whether a message is within what the operator allows.
 *
 * @throws AppError `CHAT_MESSAGE_TOO_LONG`, `CHAT_TOO_MANY_MENTIONS`
 */
export function checkText({ app }: Cause, text: string, mentions: readonly string[]): void {
  const { messageLength, mentionsPerMessage } = app.config.chat;
  if (text.length > messageLength) {
    throw new AppError('CHAT_MESSAGE_TOO_LONG', { data: { most: messageLength } });
  }
  if (mentions.length > mentionsPerMessage) {
    throw new AppError('CHAT_TOO_MANY_MENTIONS', { data: { most: mentionsPerMessage } });
  }
}
