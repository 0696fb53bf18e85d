import type { MessageView } from '@chapar/contract';
import type { ClaimedCall } from '../../call.ts';
import { AppError } from '../../errors.ts';
import { decideSend, isSameMessage } from './chat.rules.ts';
import type { SendFacts, StoredMessage } from './chat.send.facts.repository.ts';
import type { NewMessage } from './chat.send.repository.ts';

interface Send {
  conversationId: string;
  id: string;
  text: string;
}

/** How often a send begins anew, because what was in its way has changed. */
const tries = 5;

/**
 * Sends a message, once for each id: a repeat gets the stored message, whenever it comes and
 * however many come at once.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_NOT_FRIENDS`, `CHAT_MESSAGE_ID_TAKEN`, `SESSION_ENDED`
 */
export async function sendMessage(call: ClaimedCall, send: Send): Promise<MessageView> {
  const message = toNewMessage(call, send);
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const written = await call.app.writer.add(message, call.signal);
    if ('placed' in written) {
      const { seq, lastSeenMs } = written.placed;
      await call.proveSession(lastSeenMs);
      const { id, conversationId, senderId, text, createdAt } = message;
      return { id, conversationId, senderId, text, createdAt, seq };
    }
    if ('error' in written) {
      throw written.error;
    }
    const sent = 'facts' in written ? await judge(call, send, written.facts) : null;
    if (sent) {
      return sent;
    }
  }
  throw new AppError('UNAVAILABLE', { data: { retryAfterSeconds: 1 } });
}

/**
 * @returns the message, if this send is a repeat; null when nothing stands in its way
 * @throws AppError when it may not be sent
 */
async function judge(call: ClaimedCall, send: Send, facts: SendFacts): Promise<MessageView | null> {
  if (facts.lastSeenMs === null) {
    throw new AppError('SESSION_ENDED');
  }
  await call.proveSession(facts.lastSeenMs);
  if (facts.stored) {
    return repeat(call, send, facts.stored);
  }
  const decision = decideSend(facts);
  if (decision.do === 'send') {
    return null;
  }
  throw decision.reason === 'not-friends' && facts.peerId !== null
    ? new AppError('CHAT_NOT_FRIENDS', { data: { userId: facts.peerId } })
    : new AppError('CHAT_NOT_FOUND');
}

/** The message that was stored under this id. @throws AppError when it is another message */
function repeat(call: ClaimedCall, send: Send, stored: StoredMessage): MessageView {
  if (isSameMessage(stored, { ...send, senderId: call.actor.userId })) {
    return { ...stored, createdAt: stored.createdAt.toISOString() };
  }
  throw new AppError('CHAT_MESSAGE_ID_TAKEN', { data: { id: send.id } });
}

function toNewMessage({ actor, now }: ClaimedCall, { id, conversationId, text }: Send): NewMessage {
  const { userId: senderId, sessionId } = actor;
  const createdAt = now.toISOString();
  const known = JSON.stringify({ id, conversationId, senderId, text, createdAt });
  const bodyHead = `${known.slice(0, -1)},"seq":`;
  return { id, conversationId, senderId, sessionId, text, createdAt, bodyHead };
}
