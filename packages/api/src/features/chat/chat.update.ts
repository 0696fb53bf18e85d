import type { ConversationRoom, ConversationStatus, SystemNote } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { fieldError } from '../../errors.ts';
import { tell, type Told } from '../stream/index.ts';
import { removeAll } from './chat.door.ts';
import { updateLine, updateRoom, type RoomRow } from './chat.room.repository.ts';
import { lockGroup, note, requireOwn, requireRoom } from './chat.room.ts';
import { toRoomView } from './chat.view.ts';

interface UpdateInput {
  conversationId: string;
  title?: string | undefined;
  description?: string | null | undefined;
  avatar?: string | null | undefined;
  isPublic?: boolean | undefined;
  slowModeSeconds?: number | undefined;
}

/**
 * Changes what everybody sees of a conversation. What is undefined stays.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_IS_DIRECT`, `CHAT_RIGHT_MISSING`
 */
export function updateConversation(
  call: SignedInCall,
  input: UpdateInput,
): Promise<ConversationRoom> {
  const { conversationId, title, description, avatar, isPublic, slowModeSeconds } = input;
  return transaction(call, async (tx) => {
    const room = await lockGroup(call, tx, conversationId);
    requireRights(room, input);
    await updateRoom(tx.db, conversationId, { title, description, avatar, is_public: isPublic });
    if (slowModeSeconds !== undefined) {
      await updateLine(tx.db, conversationId, { slow_seconds: slowModeSeconds });
    }
    const notes: SystemNote[] = [];
    if (title !== undefined && title !== room.title) {
      notes.push({ type: 'renamed', title });
    }
    if (avatar !== undefined && avatar !== room.avatar) {
      notes.push({ type: 'avatarChanged' });
    }
    return tellUpdated(call, tx, conversationId, notes);
  });
}

function requireRights(room: RoomRow, input: UpdateInput): void {
  if (input.title !== undefined || input.description !== undefined) {
    requireOwn(room, 'renameRoom');
  }
  if (input.avatar !== undefined) {
    requireOwn(room, 'changeAvatar');
  }
  if (input.isPublic !== undefined || input.slowModeSeconds !== undefined) {
    requireOwn(room, 'configureRoom');
  }
  if (input.isPublic === true && room.organization_id !== null) {
    throw fieldError('isPublic', 'invalid');
  }
}

/**
 * Opens a conversation, puts it on hold or closes it. To open is a right of its own.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_IS_DIRECT`, `CHAT_RIGHT_MISSING`
 */
export function setStatus(
  call: SignedInCall,
  { conversationId, status }: { conversationId: string; status: ConversationStatus },
): Promise<ConversationRoom> {
  return transaction(call, async (tx) => {
    const room = await lockGroup(call, tx, conversationId);
    requireOwn(room, status === 'open' ? 'reopenRoom' : 'closeRoom');
    if (status === room.status) {
      return toRoomView(room);
    }
    await updateRoom(tx.db, conversationId, { status });
    await updateLine(tx.db, conversationId, { message_open: status === 'open' });
    return tellUpdated(call, tx, conversationId, [{ type: 'statusChanged', status }]);
  });
}

/** Tells everybody what the conversation is now, and writes the notes into its messages. */
async function tellUpdated(
  call: SignedInCall,
  tx: Tx,
  conversationId: string,
  notes: readonly SystemNote[],
): Promise<ConversationRoom> {
  const actorId = call.actor.userId;
  const told: Told[] = [];
  for (const says of notes) {
    told.push(await note(call, tx, { conversationId, actorId, says }));
  }
  const view = toRoomView(await requireRoom(tx.db, conversationId, actorId));
  const body = { conversationId, ...view };
  await tell(call, tx, [...told, { streamId: conversationId, type: 'chat.updated', body }]);
  return view;
}

/**
 * Removes a conversation with all that was said in it.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_IS_DIRECT`, `CHAT_RIGHT_MISSING`
 */
export function removeConversation(call: SignedInCall, conversationId: string): Promise<void> {
  return transaction(call, async (tx) => {
    const room = await lockGroup(call, tx, conversationId);
    requireOwn(room, 'deleteRoom');
    await tell(call, tx, await removeAll(call, tx, conversationId));
  });
}
