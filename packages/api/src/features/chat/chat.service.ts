import type { ChatSettingsView, ConversationView, Page, UserCard } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { areFriends, lockPair } from '../friend/index.ts';
import { openSharedStream, tell } from '../stream/index.ts';
import { findActiveUser, requireUser } from '../user/index.ts';
import { findConversation, findConversations } from './chat.list.repository.ts';
import { findDirect, findOverfull, insertDirect, lockPeople } from './chat.repository.ts';
import { directKeyOf } from './chat.rules.ts';
import { countPinned, updateSettings } from './chat.settings.repository.ts';
import { toConversationView, toNewDirectView } from './chat.view.ts';

interface PageInput {
  cursor?: string | null | undefined;
  limit: number;
}

/**
 * The direct conversation with a friend: the one that is there, or a new one. Both may start it
 * at the same instant and get the same.
 *
 * @throws AppError `CHAT_SELF`, `USER_NOT_FOUND` (also for an address whose owner is no friend),
 *   `CHAT_NOT_FRIENDS`, `CHAT_TOO_MANY`
 */
export async function startConversation(
  call: SignedInCall,
  who: { userId: string } | { email: string },
): Promise<ConversationView> {
  const { app, actor } = call;
  const userId = 'userId' in who ? who.userId : await friendByEmail(call, who.email);
  if (userId === actor.userId) {
    throw new AppError('CHAT_SELF');
  }
  const directKey = directKeyOf(actor.userId, userId);
  const existing = await findDirect(app.db, directKey);
  if (existing) {
    return getConversation(call, existing);
  }
  const peer = await requireUser(app.db, { id: userId });
  const made = await transaction(call, (tx) => makeDirect(call, tx, peer));
  if (made) {
    return made;
  }
  const winner = await findDirect(app.db, directKey);
  if (!winner) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  return getConversation(call, winner);
}

/** Who is no friend is not found: an address says nothing of whether it has an account. */
async function friendByEmail({ app, actor }: SignedInCall, email: string): Promise<string> {
  const user = await findActiveUser(app.db, { email });
  if (!user || (user.id !== actor.userId && !(await areFriends(app.db, actor.userId, user.id)))) {
    throw new AppError('USER_NOT_FOUND');
  }
  return user.id;
}

/** @returns null when there is one already */
async function makeDirect(
  call: SignedInCall,
  tx: Tx,
  peer: UserCard,
): Promise<ConversationView | null> {
  const { app, actor, now } = call;
  const userIds = [actor.userId, peer.id];
  // A friendship that ends meanwhile waits, and finds the conversation that it has to close.
  await lockPair(tx.db, actor.userId, peer.id);
  if (!(await areFriends(tx.db, actor.userId, peer.id))) {
    throw new AppError('CHAT_NOT_FRIENDS', { data: { userId: peer.id } });
  }
  const most = app.config.chat.conversationsPerPerson;
  await lockPeople(tx.db, userIds);
  const [full] = await findOverfull(tx.db, userIds, most);
  const directKey = directKeyOf(actor.userId, peer.id);
  const id = await insertDirect(tx.db, { id: app.deps.newId(), directKey, userIds, now });
  if (!id) {
    return null;
  }
  if (full !== undefined) {
    throw new AppError('CHAT_TOO_MANY', { data: { userId: full, most } });
  }
  const me = await requireUser(tx.db, { id: actor.userId });
  const view = toNewDirectView(id, peer, now);
  await tell(call, tx, [
    ...(await openSharedStream(tx, id, userIds)),
    { streamId: actor.userId, type: 'chat.started', body: view },
    { streamId: peer.id, type: 'chat.started', body: toNewDirectView(id, me, now) },
  ]);
  return view;
}

/** One conversation of the caller. @throws AppError `CHAT_NOT_FOUND` */
export async function getConversation(
  { app, actor }: SignedInCall,
  conversationId: string,
): Promise<ConversationView> {
  const row = await findConversation(app.hot, actor.userId, conversationId);
  if (!row) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  return toConversationView(row);
}

/** The caller's conversations: pinned ones first, then by latest activity. */
export async function listConversations(
  { app, actor }: SignedInCall,
  { cursor, limit }: PageInput,
): Promise<Page<ConversationView>> {
  const before = readCursor(cursor, ['seq', 'date', 'id']);
  const rows = await findConversations(app.hot, { userId: actor.userId, before, limit: limit + 1 });
  return toPage(rows, limit, toConversationView, (row) => [
    row.pinned_at === null ? 0 : 1,
    row.active_ms,
    row.id,
  ]);
}

/**
 * Changes how the caller keeps a conversation in their list.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_TOO_MANY_PINS`
 */
export function changeSettings(
  call: SignedInCall,
  input: {
    conversationId: string;
    isPinned?: boolean | undefined;
    silencedUntil?: string | null | undefined;
  },
): Promise<ChatSettingsView> {
  const { userId } = call.actor;
  const { conversationId, isPinned, silencedUntil } = input;
  return transaction(call, async (tx) => {
    const row = await updateSettings(tx.db, {
      conversationId,
      userId,
      isPinned: isPinned ?? null,
      silencedUntil: typeof silencedUntil === 'string' ? new Date(silencedUntil) : silencedUntil,
      now: call.now,
    });
    if (!row) {
      throw new AppError('CHAT_NOT_FOUND');
    }
    const most = call.app.config.chat.pinnedConversations;
    if (isPinned === true && (await countPinned(tx.db, userId)) > most) {
      throw new AppError('CHAT_TOO_MANY_PINS', { data: { most } });
    }
    const body = {
      conversationId,
      pinnedAt: row.pinned_at?.toISOString() ?? null,
      silencedUntil: row.silenced_until?.toISOString() ?? null,
    };
    await tell(call, tx, [{ streamId: userId, type: 'chat.settings', body }]);
    return body;
  });
}
