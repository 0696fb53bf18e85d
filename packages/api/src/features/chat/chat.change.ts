import type { MessageEditView, MessageView } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { tell } from '../stream/index.ts';
import {
  findChangeable,
  findEdits,
  findMessageRows,
  writeEdit,
  type ChangeableRow,
} from './chat.change.repository.ts';
import { spendLink } from './chat.links.ts';
import type { MessageExtra } from './chat.message.repository.ts';
import { findMembers } from './chat.room.repository.ts';
import { lockRoom, requireWrite } from './chat.room.ts';
import { decideEdit, type ChangeDecision, type ChangeState } from './chat.rules.ts';
import { reindexMessages } from './chat.search.index.ts';
import { checkText } from './chat.text.ts';
import { toMessageView } from './chat.view.ts';

interface MessageRef {
  conversationId: string;
  seq: number;
}

/**
 * Changes the words of an own message, and whom it calls: nobody, when no mentions are given. What it said
 * before is kept. The same words once more are no change.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_MESSAGE_NOT_FOUND`, `CHAT_NOT_SENDER` (also for what was
 *   forwarded), `CHAT_TOO_LATE`, `CHAT_NOT_FRIENDS`, `CHAT_NOT_OPEN`, `CHAT_READ_ONLY`, `CHAT_MUTED`,
 *   `CHAT_MESSAGE_TOO_LONG`, `CHAT_TOO_MANY_MENTIONS`,
 *   `CHAT_TOO_MANY_LINKS`
 */
export function editMessage(
  call: SignedInCall,
  input: MessageRef & { text: string; mentions?: readonly string[] | undefined },
): Promise<MessageView> {
  const { conversationId, seq, text, mentions = [] } = input;
  checkText(call, text, mentions);
  const refused = spendLink(call, text);
  if (refused) {
    throw refused;
  }
  const { userId } = call.actor;
  const places = { conversationId, userId, seqs: [seq] };
  return transaction(call, async (tx) => {
    requireWrite(call, await lockRoom(call, tx, conversationId));
    const [message] = await findChangeable(tx.db, places);
    const windowSeconds = call.app.config.chat.editSeconds;
    const decision = decideEdit({ message: toState(message), userId, windowSeconds }, call.now);
    requireChange(decision, windowSeconds);
    const { text: textBefore, extra: extraBefore } = requireFound(message);
    if (extraBefore?.forwardedFrom) {
      throw new AppError('CHAT_NOT_SENDER');
    }
    const { mentions: calledBefore = [], ...others } = extraBefore ?? {};
    const called = await findCalled(tx, conversationId, mentions);
    const isSame = text === textBefore && called.join() === calledBefore.toSorted().join();
    if (!isSame) {
      const extra = extraOf(others, called);
      await writeEdit(tx.db, { conversationId, seq, text, extra, calledBefore, now: call.now });
      await reindexMessages(tx, conversationId, [seq]);
    }
    const [row] = await findMessageRows(tx.db, places);
    const view = toMessageView(requireFound(row));
    if (!isSame) {
      const body = forEverybody(view);
      await tell(call, tx, [{ streamId: conversationId, type: 'chat.edited', body }]);
    }
    return view;
  });
}

/** Those of some people who are members, by rising id. */
async function findCalled(
  tx: Tx,
  conversationId: string,
  userIds: readonly string[],
): Promise<string[]> {
  const members = userIds.length > 0 ? await findMembers(tx.db, conversationId, userIds) : [];
  return members.map((member) => member.user_id).toSorted();
}

function extraOf(others: MessageExtra, mentions: string[]): MessageExtra | null {
  const extra = mentions.length > 0 ? { ...others, mentions } : others;
  return Object.keys(extra).length > 0 ? extra : null;
}

/**
 * What a message said before it was edited, newest first: the newest hundred texts.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_MESSAGE_NOT_FOUND`
 */
export async function listEdits(
  { app, actor }: SignedInCall,
  { conversationId, seq }: MessageRef,
): Promise<{ items: MessageEditView[] }> {
  const rows = await findEdits(app.hot, actor.userId, conversationId, seq);
  requireThere(rows);
  const items = rows.flatMap(({ text, written_at: writtenAt }) =>
    text === null || writtenAt === null ? [] : [{ text, writtenAt }],
  );
  return { items };
}

/** A view without what only its viewer is shown. */
export function forEverybody({ myReactions: _, ...view }: MessageView): MessageView {
  return view;
}

/** @throws AppError `CHAT_NOT_FOUND`, `CHAT_MESSAGE_NOT_FOUND` */
export function requireThere(rows: readonly { is_there: boolean }[]): void {
  const [row] = rows;
  if (!row) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  if (!row.is_there) {
    throw new AppError('CHAT_MESSAGE_NOT_FOUND');
  }
}

/** @throws AppError `CHAT_MESSAGE_NOT_FOUND` */
export function requireFound<Row>(row: Row | undefined): Row {
  if (row === undefined) {
    throw new AppError('CHAT_MESSAGE_NOT_FOUND');
  }
  return row;
}

/** A message as the rules look at it. */
export function toState(row: ChangeableRow | undefined): ChangeState['message'] {
  return row
    ? {
        senderId: row.sender_id,
        createdAt: row.created_at,
        isDeleted: row.is_deleted,
        isNote: row.extra?.system !== undefined,
      }
    : null;
}

/** @throws AppError `CHAT_MESSAGE_NOT_FOUND`, `CHAT_NOT_SENDER`, `CHAT_TOO_LATE` */
export function requireChange(decision: ChangeDecision, windowSeconds: number): void {
  if (decision.do === 'change') {
    return;
  }
  switch (decision.reason) {
    case 'not-found':
      throw new AppError('CHAT_MESSAGE_NOT_FOUND');
    case 'not-sender':
      throw new AppError('CHAT_NOT_SENDER');
    case 'too-late':
      throw new AppError('CHAT_TOO_LATE', { data: { windowSeconds } });
  }
}
