import type { UserCard } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { tell, type Told } from '../stream/index.ts';
import {
  advanceDelivered,
  advanceRead,
  findReadSeq,
  findReceipts,
} from './chat.read.repository.ts';

/**
 * Moves the caller's read mark. Going back is ignored, past the newest message is cut down to it. The others
 * are told where they are few enough, unless the caller keeps it to themselves.
 *
 * @throws AppError `CHAT_NOT_FOUND`
 */
export async function markRead(
  call: SignedInCall,
  { conversationId, seq }: { conversationId: string; seq: number },
): Promise<{ conversationId: string; readSeq: number }> {
  const { userId } = call.actor;
  const { receiptMembers } = call.app.config.chat;
  const moved = await transaction(call, async (tx) => {
    const advanced = await advanceRead(tx.db, { conversationId, userId, seq, receiptMembers });
    if (!advanced) {
      return null;
    }
    const { read_seq: readSeq, shown_seq: shown } = advanced;
    await tell(call, tx, [
      {
        streamId: shown === null ? userId : conversationId,
        type: 'chat.read',
        body: { conversationId, userId, readSeq: shown ?? readSeq },
      },
    ]);
    return readSeq;
  });
  const readSeq = moved ?? (await findReadSeq(call.app.db, userId, conversationId));
  if (readSeq === undefined) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  return { conversationId, readSeq };
}

/** Says how far the messages of some conversations have arrived. Others than the caller's are left out. */
export async function markDelivered(
  call: SignedInCall,
  { marks }: { marks: readonly { conversationId: string; seq: number }[] },
): Promise<{ marks: { conversationId: string; deliveredSeq: number }[] }> {
  const { userId } = call.actor;
  return transaction(call, async (tx) => {
    const rows = await advanceDelivered(tx.db, {
      userId,
      conversationIds: marks.map(({ conversationId }) => conversationId),
      seqs: marks.map(({ seq }) => seq),
      receiptMembers: call.app.config.chat.receiptMembers,
    });
    const told = rows.flatMap(({ conversation_id: conversationId, shown_seq: shown }): Told[] =>
      shown === null
        ? []
        : [
            {
              streamId: conversationId,
              type: 'chat.delivered',
              body: { conversationId, userId, deliveredSeq: shown },
            },
          ],
    );
    await tell(call, tx, told);
    return {
      marks: rows.map((row) => {
        return { conversationId: row.conversation_id, deliveredSeq: row.delivered_seq };
      }),
    };
  });
}

/**
 * Who has read a message: by name in small conversations, a number in others. Who keeps it to themselves is
 * left out.
 *
 * @throws AppError `CHAT_NOT_FOUND`, also for a message that there is not
 */
export async function getReceipts(
  { app, actor }: SignedInCall,
  { conversationId, seq }: { conversationId: string; seq: number },
): Promise<{ readCount: number; deliveredCount: number; readers: UserCard[] | null }> {
  const { receiptMembers } = app.config.chat;
  const [row] = await findReceipts(app.hot, actor.userId, conversationId, seq, receiptMembers);
  if (!row) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  return { readCount: row.read_count, deliveredCount: row.delivered_count, readers: row.readers };
}
