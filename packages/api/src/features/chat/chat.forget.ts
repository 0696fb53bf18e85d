import type { App } from '../../app.ts';
import { callOfNobody, type Call } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { day } from '../../kernel/duration.ts';
import { closeSharedStream } from '../stream/index.ts';
import { leaveEverywhere } from './chat.leave.ts';
import { deleteAllOwn } from './chat.members.repository.ts';
import { clearNotes } from './chat.report.repository.ts';
import { deleteAbandoned, deleteConversations, findRemoved } from './chat.repository.ts';

/**
 * Takes a person whose account is erased out of all conversations of many, and erases those of two that nobody
 * else can read. What they have said to others stays with those.
 */
export async function forgetChats(call: Call, tx: Tx, userId: string): Promise<void> {
  await leaveEverywhere(call, tx, userId);
  await deleteAllOwn(tx.db, userId);
  await clearNotes(tx.db, userId);
  for (const conversationId of await deleteAbandoned(tx.db, userId)) {
    await closeSharedStream(tx, conversationId);
  }
}

/**
 * Erases conversations that were removed so long ago that the event which says so is forgotten, each in a
 * transaction of its own.
 *
 * @returns how many
 */
export async function forgetRemovedConversations(app: App): Promise<number> {
  const before = new Date(app.deps.clock.now().getTime() - app.config.stream.retentionDays * day);
  const ids = await findRemoved(app.db, before);
  for (const conversationId of ids) {
    await transaction(callOfNobody(app, 'sweep'), async (tx) => {
      await deleteConversations(tx.db, [conversationId]);
      await closeSharedStream(tx, conversationId);
    });
  }
  return ids.length;
}
