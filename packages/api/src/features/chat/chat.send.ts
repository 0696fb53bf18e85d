import type { MessageView } from '@chapar/contract';
import type { ClaimedCall } from '../../call.ts';
import { AppError } from '../../errors.ts';
import { spendLink } from './chat.links.ts';
import type { MessageExtra } from './chat.message.repository.ts';
import { refusalOf } from './chat.refusal.ts';
import { decideSend, isSameMessage } from './chat.rules.ts';
import { findReplied, findSource } from './chat.send.extra.repository.ts';
import { readSendFacts, type SendFacts } from './chat.send.facts.repository.ts';
import type { NewMessage } from './chat.send.repository.ts';
import { checkText } from './chat.text.ts';
import { toExtraView, toMessageView } from './chat.view.ts';

interface Send {
  conversationId: string;
  id: string;
  text: string;
  extra: MessageExtra | null;
}

/** How often a send begins anew, because what was in its way has changed. */
const tries = 5;
/**
 * Sends a message, once for each id: a repeat gets the stored message, whenever it comes and
 * however many come at once.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_NOT_FRIENDS`, `CHAT_NOT_OPEN`, `CHAT_READ_ONLY`, `CHAT_MUTED`,
 *   `CHAT_SLOW_MODE`, `CHAT_MESSAGE_ID_TAKEN`, `CHAT_MESSAGE_NOT_FOUND` (the one that it answers),
 *   `CHAT_MESSAGE_TOO_LONG`, `CHAT_TOO_MANY_MENTIONS`, `CHAT_TOO_MANY_LINKS`,
 *   `RATE_LIMITED`, `SESSION_ENDED`
 */
export async function sendMessage(
  call: ClaimedCall,
  input: {
    conversationId: string;
    id: string;
    text: string;
    replyToSeq?: number | undefined;
    mentions?: string[] | undefined;
  },
): Promise<MessageView> {
  const { conversationId, id, text, replyToSeq, mentions = [] } = input;
  checkText(call, text, mentions);
  const send = { conversationId, id, text, extra: null };
  return inTurn(call, conversationId, () =>
    replyToSeq === undefined && mentions.length === 0
      ? write(call, send)
      : writeReferring(call, send, { replyToSeq, mentions }),
  );
}

/** Writes a message that answers another one, or calls somebody. */
async function writeReferring(
  call: ClaimedCall,
  plain: Send,
  { replyToSeq, mentions }: { replyToSeq: number | undefined; mentions: readonly string[] },
): Promise<MessageView> {
  const { conversationId } = plain;
  const { userId } = call.actor;
  const seq = replyToSeq ?? 0;
  const found = await findReplied(call.app.hot, { userId, conversationId, seq, mentions });
  const extra: MessageExtra = {
    ...(replyToSeq !== undefined && { replyToSeq }),
    ...(found.mentions.length > 0 && { mentions: found.mentions }),
  };
  const send = { ...plain, extra: Object.keys(extra).length > 0 ? extra : null };
  // Who is no member is told so by the attempt itself.
  if (replyToSeq !== undefined && found.isMember && !found.isThere) {
    return repeatOr(call, send, new AppError('CHAT_MESSAGE_NOT_FOUND'));
  }
  return write(call, send);
}

/**
 * Sends what somebody has written elsewhere once more, as it is.
 *
 * @throws AppError as {@link sendMessage}; `CHAT_MESSAGE_NOT_FOUND` also for a message that the caller
 *   cannot read
 */
export async function forwardMessage(
  call: ClaimedCall,
  {
    conversationId,
    id,
    from,
  }: { conversationId: string; id: string; from: { conversationId: string; seq: number } },
): Promise<MessageView> {
  return inTurn(call, conversationId, async () => {
    const { userId } = call.actor;
    const source = `${from.conversationId}/${from.seq}`;
    const found = await findSource(call.app.hot, userId, from.conversationId, from.seq);
    if (!found) {
      const send = { conversationId, id, text: '', extra: { source } };
      return repeatOr(call, send, new AppError('CHAT_MESSAGE_NOT_FOUND'));
    }
    const { text, sender_id: senderId, created_at: createdAt, origin } = found;
    const forwardedFrom = origin ?? { senderId, createdAt };
    return write(call, { conversationId, id, text, extra: { forwardedFrom, source } });
  });
}

/**
 * Sends when it is the turn of the caller, and of the conversation: which gets its turn back for what it does
 * not take, so that who may not write keeps nobody from it.
 */
async function inTurn(
  call: ClaimedCall,
  conversationId: string,
  send: () => Promise<MessageView>,
): Promise<MessageView> {
  pace(call, conversationId);
  try {
    return await send();
  } catch (error) {
    call.app.sendPace.conversations.giveBack(conversationId);
    throw error;
  }
}

function pace({ app, actor, now }: ClaimedCall, conversationId: string): void {
  const { people, conversations } = app.sendPace;
  const own = people.take(actor.userId, now);
  const wait = own > 0 ? own : conversations.take(conversationId, now);
  if (wait > 0) {
    if (own === 0) {
      people.giveBack(actor.userId);
    }
    throw new AppError('RATE_LIMITED', { data: { retryAfterSeconds: wait } });
  }
}

async function write(call: ClaimedCall, send: Send): Promise<MessageView> {
  const refused = spendLink(call, send.text);
  if (refused) {
    return repeatOr(call, send, refused);
  }
  const message = toNewMessage(call, send);
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const written = await call.app.writer.add(message, call.signal);
    if ('placed' in written) {
      const { seq, lastSeenMs } = written.placed;
      await call.proveSession(lastSeenMs);
      const { id, conversationId, senderId, text, createdAt } = message;
      const view = { id, conversationId, seq, senderId, text, createdAt };
      return send.extra === null ? view : { ...view, ...toExtraView(send.extra) };
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

/** The stored message, if this send is a repeat. @throws `error` when it is not */
async function repeatOr(call: ClaimedCall, send: Send, error: AppError): Promise<MessageView> {
  const [facts] = await readSendFacts(call.app.hot, [toNewMessage(call, send)]);
  if (facts && (facts.lastSeenMs === null || facts.stored)) {
    const sent = await judge(call, send, facts);
    if (sent) {
      return sent;
    }
  }
  throw error;
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
  const decision = decideSend(facts.place, call.now);
  if (decision.do === 'send') {
    return null;
  }
  throw refusalOf(decision, facts.peerId);
}

/** The message that was stored under this id. @throws AppError when it is another message */
function repeat(
  call: ClaimedCall,
  send: Send,
  stored: NonNullable<SendFacts['stored']>,
): MessageView {
  const { more } = stored;
  const isSame = isSameMessage(
    {
      senderId: stored.sender_id,
      conversationId: stored.conversation_id,
      text: stored.text,
      replyToSeq: more?.extra?.replyToSeq ?? null,
      source: more?.extra?.source ?? null,
      isChanged: Boolean(more?.editedAt ?? more?.deletedAt),
    },
    {
      senderId: call.actor.userId,
      conversationId: send.conversationId,
      text: send.text,
      replyToSeq: send.extra?.replyToSeq ?? null,
      source: send.extra?.source ?? null,
    },
  );
  if (isSame) {
    return toMessageView(stored);
  }
  throw new AppError('CHAT_MESSAGE_ID_TAKEN', { data: { id: send.id } });
}

function toNewMessage(
  { actor, now }: ClaimedCall,
  { id, conversationId, text, extra }: Send,
): NewMessage {
  const { userId: senderId, sessionId } = actor;
  const createdAt = now.toISOString();
  const plain = { id, conversationId, senderId, text, createdAt };
  const known = JSON.stringify(extra === null ? plain : { ...plain, ...toExtraView(extra) });
  const bodyHead = `${known.slice(0, -1)},"seq":`;
  return { id, conversationId, senderId, sessionId, text, createdAt, extra, bodyHead };
}
