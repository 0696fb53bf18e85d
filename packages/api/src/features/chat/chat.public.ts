import type { ChatPublicCard, ConversationView, Page } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { tell } from '../stream/index.ts';
import { letIn } from './chat.door.ts';
import { findDoor, listPublic, searchPublic, type CardRow } from './chat.public.repository.ts';
import { lockStream } from './chat.room.repository.ts';
import { getConversation } from './chat.service.ts';

export function toPublicCard(row: CardRow): ChatPublicCard {
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    description: row.description,
    avatar: row.avatar,
    memberCount: row.member_count,
    isMember: row.is_member,
  };
}

/** Conversations that the caller may join, or has joined, the largest first. */
export async function findPublic(
  { app, actor, now }: SignedInCall,
  input: { query?: string | undefined; cursor?: string | null | undefined; limit: number },
): Promise<Page<ChatPublicCard>> {
  const { query, cursor, limit } = input;
  const before = readCursor(cursor, ['seq', 'id']);
  const page = { userId: actor.userId, now, before, limit: limit + 1 };
  const rows =
    query === undefined ? await listPublic(app.hot, page) : await searchPublic(app.db, page, query);
  return toPage(rows, limit, toPublicCard, (row) => [row.member_count, row.id]);
}

/**
 * Joins a public conversation. Who is in it already just gets it.
 *
 * @throws AppError `CHAT_NOT_FOUND` also for one that is not public, `CHAT_NOT_OPEN`, `CHAT_BANNED`,
 *   `CHAT_FULL`, `CHAT_TOO_MANY`
 */
export async function joinConversation(
  call: SignedInCall,
  conversationId: string,
): Promise<ConversationView> {
  const { userId } = call.actor;
  // Strangers do not make a conversation wait that is none of theirs.
  const seen = await findDoor(call.app.db, conversationId, userId);
  if (!seen?.is_public && !seen?.is_member) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  await transaction(call, async (tx) => {
    await lockStream(tx.db, conversationId);
    const door = await findDoor(tx.db, conversationId, userId);
    if (door?.is_member) {
      return;
    }
    if (!door?.is_public) {
      throw new AppError('CHAT_NOT_FOUND');
    }
    await tell(call, tx, await letIn(call, tx, { door, userIds: [userId], actorId: userId }));
  });
  return getConversation(call, conversationId);
}
