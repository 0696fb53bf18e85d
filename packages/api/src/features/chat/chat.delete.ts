import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { tell, type Told } from '../stream/index.ts';
import {
  countMessages,
  findChangeable,
  findMessageRows,
  findNewestShown,
  writeHides,
  writeTombstones,
  type ChangeableRow,
} from './chat.change.repository.ts';
import { requireChange, toState } from './chat.change.ts';
import { requireRight } from './chat.refusal.ts';
import type { RoomRow } from './chat.room.repository.ts';
import { lockRoom, requireWrite } from './chat.room.ts';
import { decideDelete, decideDeleteOf } from './chat.rules.ts';
import { toMessageView } from './chat.view.ts';

/**
 * Deletes messages, all of them or none: for everybody, so that only their places stay, or for the caller
 * alone, who has read them then. One that is deleted already is no fault.
 *
 * @returns the messages that are deleted now, by rising seq
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_MESSAGE_NOT_FOUND`; for everybody also `CHAT_NOT_SENDER`,
 *   `CHAT_RANK`, `CHAT_TOO_LATE`, `CHAT_NOT_FRIENDS`
 */
export function deleteMessages(
  call: SignedInCall,
  input: { conversationId: string; seqs: readonly number[]; for: 'me' | 'all' },
): Promise<{ seqs: number[] }> {
  const seqs = [...new Set(input.seqs)].toSorted((a, b) => a - b);
  return transaction(call, async (tx) => {
    const room = await lockRoom(call, tx, input.conversationId);
    const forAll = input.for === 'all';
    await tell(call, tx, await (forAll ? bury(call, tx, room, seqs) : hide(call, tx, room, seqs)));
    return { seqs };
  });
}

async function bury(
  call: SignedInCall,
  tx: Tx,
  room: RoomRow,
  seqs: readonly number[],
): Promise<Told[]> {
  if (room.kind === 'direct') {
    requireWrite(call, room);
  }
  const { id: conversationId } = room;
  const { userId } = call.actor;
  const rows = await findChangeable(tx.db, { conversationId, userId, seqs });
  const messages = new Map(rows.map((row) => [row.seq, row]));
  const going = seqs.filter((seq) => mustBury(call, room, messages.get(seq)));
  if (going.length === 0) {
    return [];
  }
  return entomb(call, tx, { conversationId, seqs: going });
}

/** Deletes messages for everybody. The stream must be locked. @returns what to append with `tell` */
export async function entomb(
  call: SignedInCall,
  tx: Tx,
  { conversationId, seqs }: { conversationId: string; seqs: readonly number[] },
): Promise<Told[]> {
  const { userId } = call.actor;
  const unpinned = await writeTombstones(tx.db, { conversationId, seqs, now: call.now });
  const buried = await findMessageRows(tx.db, { conversationId, userId, seqs });
  return [
    ...unpinned.map((seq) => unpinnedFor(conversationId, conversationId, seq)),
    ...buried.map((row): Told => {
      return { streamId: conversationId, type: 'chat.deleted', body: toMessageView(row) };
    }),
  ];
}

/** @returns whether the caller may and has to; false for what is deleted already */
function mustBury(call: SignedInCall, room: RoomRow, message: ChangeableRow | undefined): boolean {
  const { userId } = call.actor;
  const windowSeconds = call.app.config.chat.deleteSeconds;
  const role = message?.sender_role ?? null;
  const right = decideDeleteOf(room, { role, isSelf: message?.sender_id === userId });
  const state = { message: toState(message), userId, windowSeconds };
  const decision = decideDelete(state, right.do === 'act', call.now);
  if (decision.do === 'nothing') {
    return false;
  }
  if (decision.do === 'refuse' && decision.reason === 'not-sender' && right.do === 'refuse') {
    // Who has the right is told what they lack beside it.
    requireRight(right.reason === 'rank' ? right : { do: 'act' });
  }
  requireChange(decision, windowSeconds);
  return true;
}

async function hide(
  call: SignedInCall,
  tx: Tx,
  { id: conversationId }: RoomRow,
  seqs: readonly number[],
): Promise<Told[]> {
  const { userId } = call.actor;
  if ((await countMessages(tx.db, { conversationId, seqs })) < seqs.length) {
    throw new AppError('CHAT_MESSAGE_NOT_FOUND');
  }
  const hidden = await writeHides(tx.db, { conversationId, userId, seqs });
  if (hidden.seqs.length === 0) {
    return [];
  }
  const newest = await findNewestShown(tx.db, conversationId, userId);
  const body = {
    conversationId,
    seqs: hidden.seqs,
    lastMessage: newest ? toMessageView(newest) : null,
  };
  const { read_seq: readSeq } = hidden;
  const read: Told[] =
    readSeq === null
      ? []
      : [{ streamId: userId, type: 'chat.read', body: { conversationId, userId, readSeq } }];
  return [
    ...hidden.unpinned.map((seq) => unpinnedFor(userId, conversationId, seq)),
    { streamId: userId, type: 'chat.hidden', body },
    ...read,
  ];
}

/** Says that a pin is gone. @param pinnedFor the conversation, or one person */
export function unpinnedFor(pinnedFor: string, conversationId: string, seq: number): Told {
  const reach = pinnedFor === conversationId ? 'all' : 'me';
  return { streamId: pinnedFor, type: 'chat.unpinned', body: { conversationId, seq, for: reach } };
}
