import type { MessageView } from '@chapar/contract';
import type { ClaimedCall } from '../../call.ts';
import { AppError } from '../../errors.ts';
import { decideSend, isSameMessage } from './chat.rules.ts';
import type { NewMessage, StoredMessage } from './chat.send.repository.ts';

interface Send {
  conversationId: string;
  id: string;
  text: string;
}

/**
 * Sends a message, once for each id: a repeat gets the stored message, whenever it comes and
 * however many come at once.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_NOT_FRIENDS`, `CHAT_MESSAGE_ID_TAKEN`
 */
export async function sendMessage(call: ClaimedCall, send: Send): Promise<MessageView> {
  const checked = call.checkSession();
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const sent = await trySend(call, send, checked);
    if (sent) {
      return sent;
    }
  }
  throw new AppError('UNAVAILABLE', { data: { retryAfterSeconds: 1 } });
}

/** How often a send begins anew, because it waited too long or a twin was faster. */
const tries = 5;

/** @returns null when what was read is no longer so */
async function trySend(
  call: ClaimedCall,
  send: Send,
  checked: Promise<void>,
): Promise<MessageView | null> {
  const { id, conversationId } = send;
  const { writer } = call.app;
  const senderId = call.actor.userId;
  const [facts] = await Promise.all([writer.facts.add({ id, conversationId, senderId }), checked]);
  if (facts.stored) {
    return repeat(call, send, facts.stored);
  }
  const decision = decideSend(facts);
  if (decision.do === 'refuse') {
    throw decision.reason === 'not-friends' && facts.peerId !== null
      ? new AppError('CHAT_NOT_FRIENDS', { data: { userId: facts.peerId } })
      : new AppError('CHAT_NOT_FOUND');
  }
  const message = toNewMessage(call, send);
  const written = await writer.messages.add(message);
  if ('placed' in written) {
    const { createdAt, text } = message;
    return { id, conversationId, senderId, text, createdAt, seq: written.placed.seq };
  }
  if ('error' in written) {
    throw written.error;
  }
  if ('isGone' in written) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  return null;
}

/** The message that was stored under this id. @throws AppError when it is another message */
function repeat(call: ClaimedCall, send: Send, stored: StoredMessage): MessageView {
  if (isSameMessage(stored, { ...send, senderId: call.actor.userId })) {
    return { ...stored, createdAt: stored.createdAt.toISOString() };
  }
  throw new AppError('CHAT_MESSAGE_ID_TAKEN', { data: { id: send.id } });
}

function toNewMessage({ actor, now }: ClaimedCall, { id, conversationId, text }: Send): NewMessage {
  const senderId = actor.userId;
  const createdAt = now.toISOString();
  const known = JSON.stringify({ id, conversationId, senderId, text, createdAt });
  const bodyHead = `${known.slice(0, -1)},"seq":`;
  const decidedAt = performance.now();
  return { id, conversationId, senderId, text, createdAt, bodyHead, decidedAt };
}
