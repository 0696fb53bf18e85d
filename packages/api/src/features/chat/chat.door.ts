import type { ChatRole, SystemNote } from '@chapar/contract';
import type { Cause } from '../../call.ts';
import type { Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { joinSharedStream, leaveSharedStream, type Told } from '../stream/index.ts';
import { findViews } from './chat.list.repository.ts';
import {
  deleteMembers,
  deleteOwn,
  findBanned,
  findSuccessor,
  keepRestraint,
} from './chat.members.repository.ts';
import { findOverfull, lockPeople } from './chat.repository.ts';
import {
  countMembers,
  deleteMember,
  findMembers,
  insertMembers,
  updateLine,
  updateMember,
  updateRoom,
  type MemberRow,
  type RoomRow,
} from './chat.room.repository.ts';
import { note } from './chat.room.ts';
import { toConversationView, toMemberView } from './chat.view.ts';

/** What is looked at of a conversation that people come into and go from. Its stream is locked. */
export type Door = Pick<RoomRow, 'id' | 'kind' | 'status' | 'member_count'>;

/** What people are who have come by themselves, or were added. */
function roleOfNew({ kind }: Pick<RoomRow, 'kind'>): ChatRole {
  return kind === 'channel' ? 'reader' : 'member';
}

/**
 * Lets people into a conversation, of whom none is a member. In a group everybody is told, in a channel only
 * those who come.
 *
 * @param actorId whose act it is
 * @returns what to append with `tell` in the same transaction
 * @throws AppError `CHAT_NOT_OPEN`, `CHAT_BANNED`, `CHAT_FULL`, `CHAT_TOO_MANY`, `USER_NOT_FOUND` for who is
 *   erased at this moment
 */
export async function letIn(
  call: Cause,
  tx: Tx,
  { door, userIds, actorId }: { door: Door; userIds: readonly string[]; actorId: string },
): Promise<Told[]> {
  const { id, kind } = door;
  if (userIds.length === 0) {
    return [];
  }
  await checkDoor(call, tx, door, userIds);
  const inserted = await insertMembers(tx.db, id, {
    userIds,
    role: roleOfNew(door),
    now: call.now,
  });
  const memberCount = await countMembers(tx.db, id, inserted.length);
  const joined = await joinSharedStream(tx, id, inserted);
  const told: Told[] = [];
  if (kind === 'group') {
    const [first = actorId, ...more] = inserted;
    const says: SystemNote =
      more.length === 0 && first === actorId
        ? { type: 'memberJoined', userId: first }
        : { type: 'membersAdded', userIds: inserted };
    const rows = await findMembers(tx.db, id, inserted);
    const body = { conversationId: id, members: rows.map(toMemberView), memberCount };
    told.push(await note(call, tx, { conversationId: id, actorId, says }));
    told.push({ streamId: id, type: 'chat.membersAdded', body });
  }
  const views = await findViews(tx.db, id, inserted);
  const started = views.map((row): Told => {
    return { streamId: row.user_id, type: 'chat.started', body: toConversationView(row) };
  });
  return [...told, ...joined, ...started];
}

async function checkDoor(
  { app, now }: Cause,
  tx: Tx,
  { id, kind, status, member_count: memberCount }: Door,
  wanted: readonly string[],
): Promise<void> {
  const { membersPerGroup, conversationsPerPerson } = app.config.chat;
  if (status === 'closed') {
    throw new AppError('CHAT_NOT_OPEN', { data: { status } });
  }
  const [banned] = await findBanned(tx.db, id, wanted, now);
  if (banned !== undefined) {
    throw new AppError('CHAT_BANNED', { data: { userId: banned } });
  }
  if (kind === 'group' && memberCount + wanted.length > membersPerGroup) {
    throw new AppError('CHAT_FULL', { data: { most: membersPerGroup } });
  }
  if (!(await lockPeople(tx.db, wanted))) {
    throw new AppError('USER_NOT_FOUND');
  }
  const [full] = await findOverfull(tx.db, wanted, conversationsPerPerson);
  if (full !== undefined) {
    const data = { userId: full, most: conversationsPerPerson };
    throw new AppError('CHAT_TOO_MANY', { data });
  }
}

type Reason = 'left' | 'kicked' | 'banned';

/**
 * Takes a member out. After the events that say so they get nothing of it any more.
 *
 * @returns what to append with `tell` in the same transaction; nothing for who was no member
 */
export async function takeOut(
  call: Cause,
  tx: Tx,
  {
    door,
    member,
    reason,
    actorId,
  }: {
    door: Door;
    member: Pick<MemberRow, 'user_id' | 'role'>;
    reason: Reason;
    actorId: string;
  },
): Promise<Told[]> {
  const { id, kind } = door;
  const { user_id: userId, role } = member;
  await keepRestraint(tx.db, { conversationId: id, userId, now: call.now });
  if (!(await deleteMember(tx.db, id, userId))) {
    return [];
  }
  await deleteOwn(tx.db, id, userId);
  const memberCount = await countMembers(tx.db, id, -1);
  const told: Told[] = [];
  if (kind === 'group') {
    const says: SystemNote = { type: 'memberRemoved', userId, reason };
    told.push(await note(call, tx, { conversationId: id, actorId, says }));
  }
  // Readers of a channel come and go without telling everybody.
  if (kind === 'group' || role !== 'reader') {
    const body = {
      conversationId: id,
      userId,
      reason,
      memberCount: kind === 'channel' ? null : memberCount,
    };
    told.push({ streamId: id, type: 'chat.memberRemoved', body });
  }
  return [
    ...told,
    ...(await leaveSharedStream(tx, id, userId)),
    { streamId: userId, type: 'chat.ended', body: { conversationId: id, reason } },
  ];
}

/**
 * Takes a member out whatever they are: an owner's conversation goes to who stands highest, or is removed
 * with its last member.
 *
 * @returns what to append with `tell` in the same transaction
 */
export async function takeOutForGood(
  call: Cause,
  tx: Tx,
  { door, userId }: { door: RoomRow; userId: string },
): Promise<Told[]> {
  const member = { user_id: userId, role: door.role };
  const told: Told[] = [];
  if (member.role === 'owner') {
    const successor = await findSuccessor(tx.db, door.id, userId);
    if (successor === undefined) {
      return removeAll(call, tx, door.id);
    }
    told.push(
      ...(await handOver(call, tx, { conversationId: door.id, from: userId, to: successor })),
    );
  }
  const out = { door, member, reason: 'left', actorId: userId } as const;
  return [...told, ...(await takeOut(call, tx, out))];
}

/** Makes another member the owner; the one before stays as an admin. */
export async function handOver(
  call: Cause,
  tx: Tx,
  { conversationId, from, to }: { conversationId: string; from: string; to: string },
): Promise<Told[]> {
  await updateMember(tx.db, conversationId, from, { role: 'admin' });
  await updateMember(tx.db, conversationId, to, { role: 'owner', grants: [], muted_until: null });
  const rows = await findMembers(tx.db, conversationId, [from, to]);
  const says: SystemNote = { type: 'ownershipPassed', userId: to };
  return [
    await note(call, tx, { conversationId, actorId: from, says }),
    ...rows.map((row) => changed(conversationId, row)),
  ];
}

/** Says what a member is now. */
export function changed(conversationId: string, row: MemberRow): Told {
  const body = { conversationId, member: toMemberView(row) };
  return { streamId: conversationId, type: 'chat.memberChanged', body };
}

/**
 * Removes a conversation: nobody is in it any more, and its line says so last. The sweep erases what was said
 * once that event is forgotten.
 */
export async function removeAll(call: Cause, tx: Tx, conversationId: string): Promise<Told[]> {
  await updateRoom(tx.db, conversationId, {
    status: 'removed',
    removed_at: call.now,
    organization_id: null,
    member_count: 0,
  });
  await updateLine(tx.db, conversationId, { message_open: false });
  await deleteMembers(tx.db, conversationId);
  const body = { conversationId, reason: 'removed' } as const;
  return [{ streamId: conversationId, type: 'chat.ended', body }];
}
