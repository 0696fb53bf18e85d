import type { MessageView } from '@chapar/contract';
import { transaction } from '../../database/transaction.ts';
import type { SignedInCall } from '../../call.ts';
import { AppError } from '../../errors.ts';
import { areFriends } from '../friend/index.ts';
import { tell } from '../stream/index.ts';
import { findMessage, findPeer, insertMessage } from './chat.repository.ts';
import { decideSend, isSameMessage } from './chat.rules.ts';
import { toMessageView } from './chat.view.ts';

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
export async function sendMessage(call: SignedInCall, send: Send): Promise<MessageView> {
  const { app, actor } = call;
  const peerId = await findPeer(app.db, actor.userId, send.conversationId);
  const stored = await findStored(call, send);
  if (stored) {
    return stored;
  }
  const decision = decideSend({
    isMember: peerId !== undefined,
    areFriends: peerId !== undefined && (await areFriends(app.db, actor.userId, peerId)),
  });
  if (peerId === undefined || (decision.do === 'refuse' && decision.reason === 'not-found')) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  if (decision.do === 'refuse') {
    throw new AppError('CHAT_NOT_FRIENDS', { data: { userId: peerId } });
  }
  try {
    return await write(call, send);
  } catch (error) {
    if (!isUsedId(error)) {
      throw error;
    }
    const winner = await findStored(call, send);
    if (!winner) {
      throw error;
    }
    return winner;
  }
}

/** The message that was stored under this id. @throws AppError when it is another message */
async function findStored(call: SignedInCall, send: Send): Promise<MessageView | null> {
  const row = await findMessage(call.app.db, send.id);
  if (!row) {
    return null;
  }
  const stored = {
    senderId: row.sender_id,
    conversationId: row.conversation_id,
    text: row.text,
  };
  if (isSameMessage(stored, { ...send, senderId: call.actor.userId })) {
    return toMessageView(row);
  }
  throw new AppError('CHAT_MESSAGE_ID_TAKEN', { data: { id: send.id } });
}

function write(call: SignedInCall, send: Send): Promise<MessageView> {
  return transaction(call, async (tx) => {
    const row = await insertMessage(tx.db, {
      id: send.id,
      conversationId: send.conversationId,
      senderId: call.actor.userId,
      text: send.text,
      now: call.now,
    });
    const message = toMessageView(row);
    await tell(call, tx, [{ streamId: send.conversationId, type: 'chat.message', body: message }]);
    return message;
  });
}

/** A twin of this call was faster: SQLSTATE 23505 on the message's id. */
function isUsedId(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === '23505' &&
    'constraint' in error &&
    error.constraint === 'messages_id'
  );
}
