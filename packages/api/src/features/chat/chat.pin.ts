import type { MessagePinView, Page } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { tell, type Told } from '../stream/index.ts';
import { findChangeable, findMessageRows } from './chat.change.repository.ts';
import { forEverybody, requireFound } from './chat.change.ts';
import { unpinnedFor } from './chat.delete.ts';
import { countPins, deletePin, findPins, keepPin, type PinRow } from './chat.pin.repository.ts';
import type { RoomRow } from './chat.room.repository.ts';
import { lockRoom, note, requireOwn, requireWrite } from './chat.room.ts';
import { toMessageView } from './chat.view.ts';

interface PinInput {
  conversationId: string;
  seq: number;
  for: 'me' | 'all';
}

/**
 * Pins a message for everybody, or for the caller alone. A repeat gets the pin that there is.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_MESSAGE_NOT_FOUND`, `CHAT_TOO_MANY_PINS`; for everybody also
 *   `CHAT_RIGHT_MISSING`, in a direct conversation `CHAT_NOT_FRIENDS`
 */
export function pinMessage(call: SignedInCall, input: PinInput): Promise<MessagePinView> {
  const { conversationId, seq, for: reach } = input;
  const { userId } = call.actor;
  const pinnedFor = reach === 'all' ? conversationId : userId;
  const places = { conversationId, userId, seqs: [seq] };
  return transaction(call, async (tx) => {
    const room = await lockRoom(call, tx, conversationId);
    requirePin(call, room, reach);
    const [message] = await findChangeable(tx.db, places);
    if (!message || message.is_deleted || message.extra?.system) {
      throw new AppError('CHAT_MESSAGE_NOT_FOUND');
    }
    const pin = { conversationId, seq, pinnedFor, userId, now: call.now };
    const kept = requireFound(await keepPin(tx.db, pin));
    const most = call.app.config.chat.pinsPerConversation;
    if (kept.is_new && (await countPins(tx.db, pin)) > most) {
      throw new AppError('CHAT_TOO_MANY_PINS', { data: { most } });
    }
    const [row] = await findMessageRows(tx.db, places);
    const view: MessagePinView = {
      message: toMessageView(requireFound(row)),
      for: reach,
      pinnedBy: kept.pinned_by,
      pinnedAt: kept.created_at.toISOString(),
    };
    if (kept.is_new) {
      const body = { conversationId, ...view, message: forEverybody(view.message) };
      const told: Told[] = [{ streamId: pinnedFor, type: 'chat.pinned', body }];
      if (reach === 'all' && room.kind === 'group') {
        const says = { type: 'messagePinned', seq } as const;
        told.push(await note(call, tx, { conversationId, actorId: userId, says }));
      }
      await tell(call, tx, told);
    }
    return view;
  });
}

/**
 * Takes a pin away. What is not pinned is no fault.
 *
 * @throws AppError as {@link pinMessage}, without the limit
 */
export function unpinMessage(call: SignedInCall, input: PinInput): Promise<void> {
  const { conversationId, seq, for: reach } = input;
  const { userId } = call.actor;
  const pinnedFor = reach === 'all' ? conversationId : userId;
  return transaction(call, async (tx) => {
    requirePin(call, await lockRoom(call, tx, conversationId), reach);
    if (await deletePin(tx.db, { conversationId, seq, pinnedFor })) {
      await tell(call, tx, [unpinnedFor(pinnedFor, conversationId, seq)]);
      return;
    }
    const [message] = await findChangeable(tx.db, { conversationId, userId, seqs: [seq] });
    requireFound(message);
  });
}

function requirePin(call: SignedInCall, room: RoomRow, reach: 'me' | 'all'): void {
  if (reach === 'me') {
    return;
  }
  if (room.kind === 'direct') {
    requireWrite(call, room);
  } else {
    requireOwn(room, 'pinMessage');
  }
}

/** What is pinned for everybody and for the caller, newest pin first. @throws AppError `CHAT_NOT_FOUND` */
export async function listPins(
  { app, actor }: SignedInCall,
  input: { conversationId: string; cursor?: string | null | undefined; limit: number },
): Promise<Page<MessagePinView>> {
  const { conversationId, cursor, limit } = input;
  const before = readCursor(cursor, ['date', 'seq', 'id']);
  const page = { userId: actor.userId, conversationId, before, limit: limit + 1 };
  const rows = await findPins(app.hot, page);
  if (rows === null) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  return toPage(rows, limit, toPinView, (row) => [
    Date.parse(row.pinned_at),
    row.seq,
    row.pinned_for,
  ]);
}

function toPinView(row: PinRow): MessagePinView {
  return {
    message: toMessageView(row),
    for: row.pinned_for === row.conversation_id ? 'all' : 'me',
    pinnedBy: row.pinned_by,
    pinnedAt: row.pinned_at,
  };
}
