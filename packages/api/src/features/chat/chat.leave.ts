import type { Cause, SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { tell, type Told } from '../stream/index.ts';
import { handOver, removeAll, takeOut, takeOutForGood } from './chat.door.ts';
import { findGroupIds, findRoomsOfOrganization } from './chat.members.repository.ts';
import { findMembers, findRoom, lockStream } from './chat.room.repository.ts';
import { lockGroup } from './chat.room.ts';

/**
 * Leaves a group or a channel. An owner names who is the owner from now on; the last member leaves nothing
 * behind.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_IS_DIRECT`, `CHAT_OWNER_STAYS`, `CHAT_MEMBER_NOT_FOUND`
 */
export function leaveConversation(
  call: SignedInCall,
  input: { conversationId: string; successorId?: string | undefined },
): Promise<void> {
  const { conversationId, successorId } = input;
  const { userId } = call.actor;
  return transaction(call, async (tx) => {
    const room = await lockGroup(call, tx, conversationId);
    const told: Told[] = [];
    if (room.role === 'owner') {
      if (room.member_count === 1) {
        return tell(call, tx, await removeAll(call, tx, conversationId));
      }
      if (successorId === undefined) {
        throw new AppError('CHAT_OWNER_STAYS');
      }
      told.push(...(await pass(call, tx, { conversationId, to: successorId })));
    }
    const member = { user_id: userId, role: room.role };
    const out = { door: room, member, reason: 'left', actorId: userId } as const;
    await tell(call, tx, [...told, ...(await takeOut(call, tx, out))]);
  });
}

/**
 * Makes another member the owner; the one before stays as an admin.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_IS_DIRECT`, `CHAT_OWNER_ONLY`, `CHAT_MEMBER_NOT_FOUND`
 */
export function passOwnership(
  call: SignedInCall,
  { conversationId, userId }: { conversationId: string; userId: string },
): Promise<void> {
  return transaction(call, async (tx) => {
    const room = await lockGroup(call, tx, conversationId);
    if (room.role !== 'owner') {
      throw new AppError('CHAT_OWNER_ONLY');
    }
    await tell(call, tx, await pass(call, tx, { conversationId, to: userId }));
  });
}

async function pass(
  call: SignedInCall,
  tx: Tx,
  { conversationId, to }: { conversationId: string; to: string },
): Promise<Told[]> {
  const from = call.actor.userId;
  const [member] = await findMembers(tx.db, conversationId, [to]);
  if (!member || to === from) {
    throw new AppError('CHAT_MEMBER_NOT_FOUND');
  }
  return handOver(call, tx, { conversationId, from, to });
}

/**
 * Takes a person out of some conversations of many, whatever they are there. Nothing is told to their own
 * line before all of the conversations are locked.
 */
async function takeOutOf(
  call: Cause,
  tx: Tx,
  { conversationIds, userId }: { conversationIds: readonly string[]; userId: string },
): Promise<void> {
  const told: Told[] = [];
  for (const conversationId of conversationIds) {
    await lockStream(tx.db, conversationId);
    const door = await findRoom(tx.db, conversationId, userId);
    if (door) {
      told.push(...(await takeOutForGood(call, tx, { door, userId })));
    }
  }
  await tell(call, tx, told);
}

/** Takes a person whose account is erased out of all conversations of many. */
export async function leaveEverywhere(call: Cause, tx: Tx, userId: string): Promise<void> {
  const conversationIds = await findGroupIds(tx.db, userId);
  await takeOutOf(call, tx, { conversationIds, userId });
}

/** Who is no more in an organization is in none of its conversations; without it there are none. */
export async function leaveOrganization(
  call: Cause,
  tx: Tx,
  { organizationId, userIds }: { organizationId: string; userIds: readonly string[] | 'all' },
): Promise<void> {
  const conversationIds = await findRoomsOfOrganization(tx.db, organizationId);
  if (userIds === 'all') {
    for (const conversationId of conversationIds) {
      await lockStream(tx.db, conversationId);
      await tell(call, tx, await removeAll(call, tx, conversationId));
    }
    return;
  }
  for (const userId of userIds) {
    await takeOutOf(call, tx, { conversationIds, userId });
  }
}
