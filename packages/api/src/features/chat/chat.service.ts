import type { ConversationView, MessageView, Page } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { areFriends } from '../friend/index.ts';
import { closeSharedStream, openSharedStream, tell } from '../stream/index.ts';
import { requireUser } from '../user/index.ts';
import { WireResult } from '../../wire-output.ts';
import {
  advanceRead,
  deleteAbandoned,
  findConversation,
  findConversations,
  findDirect,
  findMessages,
  findReadSeq,
  insertDirect,
  type ListedMessageRow,
} from './chat.repository.ts';
import { directKeyOf } from './chat.rules.ts';
import { toConversationView, toListedMessage, toNewConversationView } from './chat.view.ts';

interface PageInput {
  cursor?: string | null | undefined;
  limit: number;
}

/**
 * The direct conversation with a friend: the one that is there, or a new one. Both may start it
 * at the same instant and get the same.
 *
 * @throws AppError `CHAT_SELF`, `USER_NOT_FOUND`, `CHAT_NOT_FRIENDS`
 */
export async function startConversation(
  call: SignedInCall,
  userId: string,
): Promise<ConversationView> {
  const { app, actor, now } = call;
  if (userId === actor.userId) {
    throw new AppError('CHAT_SELF');
  }
  const directKey = directKeyOf(actor.userId, userId);
  const existing = await findDirect(app.db, directKey);
  if (existing) {
    return getConversation(call, existing);
  }
  const peer = await requireUser(app.db, { id: userId });
  if (!(await areFriends(app.db, actor.userId, userId))) {
    throw new AppError('CHAT_NOT_FRIENDS', { data: { userId } });
  }
  const made = await transaction(call, async (tx) => {
    const userIds = [actor.userId, userId];
    const id = await insertDirect(tx.db, { id: app.deps.newId(), directKey, userIds, now });
    if (!id) {
      return null;
    }
    const me = await requireUser(tx.db, { id: actor.userId });
    const view = toNewConversationView(id, peer, now);
    await tell(call, tx, [
      ...(await openSharedStream(tx, id, userIds)),
      { streamId: actor.userId, type: 'chat.started', body: view },
      { streamId: userId, type: 'chat.started', body: toNewConversationView(id, me, now) },
    ]);
    return view;
  });
  if (made) {
    return made;
  }
  const winner = await findDirect(app.db, directKey);
  if (!winner) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  return getConversation(call, winner);
}

/** One conversation of the caller. @throws AppError `CHAT_NOT_FOUND` */
export async function getConversation(
  { app, actor }: SignedInCall,
  conversationId: string,
): Promise<ConversationView> {
  const row = await findConversation(app.db, actor.userId, conversationId);
  if (!row) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  return toConversationView(row);
}

/** The caller's conversations, latest activity first. */
export async function listConversations(
  { app, actor }: SignedInCall,
  { cursor, limit }: PageInput,
): Promise<Page<ConversationView>> {
  const before = readCursor(cursor, ['date', 'id']);
  const rows = await findConversations(app.db, { userId: actor.userId, before, limit: limit + 1 });
  return toPage(rows, limit, toConversationView, (row) => [row.active_at.getTime(), row.id]);
}

/** Messages of a conversation, newest first. @throws AppError `CHAT_NOT_FOUND` */
export async function listMessages(
  { app, actor }: SignedInCall,
  { conversationId, cursor, limit }: PageInput & { conversationId: string },
): Promise<WireResult<Page<MessageView>>> {
  const [beforeSeq = null] = readCursor(cursor, ['seq']) ?? [];
  const found = await findMessages(app.hot, actor.userId, conversationId, beforeSeq, limit + 1);
  if (found.length === 0) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  const rows = found.filter((row) => row.seq !== null);
  const toView = (row: ListedMessageRow): MessageView => toListedMessage(conversationId, row);
  return WireResult.of(toPage(rows, limit, toView, (row) => [row.seq]));
}

/**
 * Moves the caller's read mark. Going back is ignored, past the newest message is cut down to it.
 *
 * @throws AppError `CHAT_NOT_FOUND`
 */
export async function markRead(
  call: SignedInCall,
  { conversationId, seq }: { conversationId: string; seq: number },
): Promise<{ conversationId: string; readSeq: number }> {
  const { userId } = call.actor;
  const moved = await transaction(call, async (tx) => {
    const readSeq = await advanceRead(tx.db, { conversationId, userId, seq });
    if (readSeq === undefined) {
      return null;
    }
    const body = { conversationId, userId, readSeq };
    await tell(call, tx, [{ streamId: conversationId, type: 'chat.read', body }]);
    return readSeq;
  });
  const readSeq = moved ?? (await findReadSeq(call.app.db, userId, conversationId));
  if (readSeq === undefined) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  return { conversationId, readSeq };
}

/** Erases what of a person's conversations nobody else can read. */
export async function forgetChats(tx: Tx, userId: string): Promise<void> {
  for (const conversationId of await deleteAbandoned(tx.db, userId)) {
    await closeSharedStream(tx, conversationId);
  }
}
