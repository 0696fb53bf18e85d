import type { ChatCapability, MessageView, SystemNote } from '@chapar/contract';
import type { Cause, SignedInCall } from '../../call.ts';
import type { Db } from '../../database/tables.ts';
import type { Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import type { Told } from '../stream/index.ts';
import { insertNote } from './chat.note.repository.ts';
import { requireRight, requireSend } from './chat.refusal.ts';
import { findRoom, lockStreamAsMember, type RoomRow } from './chat.room.repository.ts';
import { decideOwn, decideWrite, type SendState } from './chat.rules.ts';

/** A conversation that the caller is in. @throws AppError `CHAT_NOT_FOUND` */
export async function requireRoom(
  db: Db,
  conversationId: string,
  userId: string,
): Promise<RoomRow> {
  const room = await findRoom(db, conversationId, userId);
  if (!room) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  return room;
}

/**
 * A conversation that the caller is in, locked until the transaction ends: whatever is decided by it holds
 * until then.
 *
 * @throws AppError `CHAT_NOT_FOUND`
 */
export async function lockRoom(
  { actor }: SignedInCall,
  tx: Tx,
  conversationId: string,
): Promise<RoomRow> {
  if (!(await lockStreamAsMember(tx.db, conversationId, actor.userId))) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  return requireRoom(tx.db, conversationId, actor.userId);
}

/**
 * The same of a conversation of many.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_IS_DIRECT`
 */
export async function lockGroup(
  call: SignedInCall,
  tx: Tx,
  conversationId: string,
): Promise<RoomRow> {
  const room = await lockRoom(call, tx, conversationId);
  if (room.kind === 'direct') {
    throw new AppError('CHAT_IS_DIRECT');
  }
  return room;
}

/** @throws AppError `CHAT_RIGHT_MISSING` */
export function requireOwn(room: RoomRow, capability: ChatCapability): void {
  requireRight(decideOwn(room, capability));
}

/** What of a conversation and the caller's place in it decides whether they may write. */
export type Place = Pick<
  RoomRow,
  | 'kind'
  | 'status'
  | 'direct_key'
  | 'message_open'
  | 'slow_seconds'
  | 'role'
  | 'muted_until'
  | 'sent_at'
>;

/** The caller's place, as the rules look at it. */
export function sendStateOf(room: Place): SendState {
  return {
    isMember: true,
    kind: room.kind,
    status: room.status,
    areFriends: room.message_open,
    role: room.role,
    mutedUntil: room.muted_until,
    sentAt: room.sent_at,
    slowSeconds: room.slow_seconds,
  };
}

/** The other person of a direct conversation. */
export function peerOf(room: Pick<RoomRow, 'direct_key'>, userId: string): string | null {
  return room.direct_key?.split(':').find((id) => id !== userId) ?? null;
}

/**
 * Whether the caller may do what others notice, such as an edit or a reaction.
 *
 * @throws AppError `CHAT_NOT_FRIENDS`, `CHAT_NOT_OPEN`, `CHAT_READ_ONLY`, `CHAT_MUTED`
 */
export function requireWrite({ actor, now }: SignedInCall, room: RoomRow): void {
  requireSend(decideWrite(sendStateOf(room), now), peerOf(room, actor.userId));
}

/**
 * Writes what happened into the line of messages. The stream must be locked.
 *
 * @returns the event to append with `tell`
 */
export async function note(
  call: Cause,
  tx: Tx,
  { conversationId, actorId, says }: { conversationId: string; actorId: string; says: SystemNote },
): Promise<Told> {
  const id = call.app.deps.newId();
  const seq = await insertNote(tx.db, {
    id,
    conversationId,
    senderId: actorId,
    extra: { system: says },
    now: call.now,
  });
  const body: MessageView = {
    id,
    conversationId,
    seq,
    senderId: actorId,
    text: '',
    createdAt: call.now.toISOString(),
    system: says,
  };
  return { streamId: conversationId, type: 'chat.message', body };
}
