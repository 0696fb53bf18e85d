import type { ChatBanView, ChatCapability, ChatMemberView, ChatRole, Page } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { tell } from '../stream/index.ts';
import { requireUser } from '../user/index.ts';
import { requireAddable } from './chat.create.ts';
import { changed, letIn, takeOut } from './chat.door.ts';
import { deleteBan, listBanRows, upsertBan } from './chat.members.repository.ts';
import { requireRight } from './chat.refusal.ts';
import {
  findMembers,
  listMemberRows,
  updateMember,
  type MemberRow,
  type RoomRow,
} from './chat.room.repository.ts';
import { lockGroup, requireOwn, requireRoom } from './chat.room.ts';
import { decideAnyRights, decideRights } from './chat.rights.rules.ts';
import { decideOver } from './chat.rules.ts';
import { toMemberView } from './chat.view.ts';

interface PageInput {
  conversationId: string;
  cursor?: string | null | undefined;
  limit: number;
}

interface MemberRef {
  conversationId: string;
  userId: string;
}

/**
 * Who is in a conversation, those who came first first. Of a channel only those who can do something there
 * are told.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_RIGHT_MISSING`
 */
export async function listMembers(
  { app, actor }: SignedInCall,
  { conversationId, cursor, limit }: PageInput,
): Promise<Page<ChatMemberView>> {
  const room = await requireRoom(app.db, conversationId, actor.userId);
  if (room.kind === 'channel') {
    requireOwn(room, 'kickMember');
  }
  const after = readCursor(cursor, ['date', 'id']);
  const rows = await listMemberRows(app.db, { conversationId, after, limit: limit + 1 });
  return toPage(rows, limit, toMemberView, (row) => [row.joined_at.getTime(), row.user_id]);
}

/**
 * Adds people: friends of the caller, or in a conversation of an organization its members. Who is in already
 * stays what they are.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_IS_DIRECT`, `CHAT_RIGHT_MISSING`, `CHAT_NOT_FRIENDS`,
 *   `CHAT_NOT_IN_ORGANIZATION`, `CHAT_NOT_OPEN`, `CHAT_BANNED`, `CHAT_FULL`, `CHAT_TOO_MANY`, `USER_NOT_FOUND`
 */
export function addMembers(
  call: SignedInCall,
  { conversationId, userIds }: { conversationId: string; userIds: readonly string[] },
): Promise<{ members: ChatMemberView[] }> {
  const people = [...new Set(userIds)];
  return transaction(call, async (tx) => {
    const room = await lockGroup(call, tx, conversationId);
    requireOwn(room, 'addMember');
    const there = new Set((await findMembers(tx.db, room.id, people)).map((row) => row.user_id));
    const missing = people.filter((userId) => !there.has(userId));
    await requireAddable(call, tx, room.organization_id, missing);
    const actorId = call.actor.userId;
    await tell(call, tx, await letIn(call, tx, { door: room, userIds: missing, actorId }));
    return { members: (await findMembers(tx.db, room.id, people)).map(toMemberView) };
  });
}

/** @throws AppError `CHAT_MEMBER_NOT_FOUND` */
async function requireMember(tx: Tx, room: RoomRow, userId: string): Promise<MemberRow> {
  const [member] = await findMembers(tx.db, room.id, [userId]);
  if (!member) {
    throw new AppError('CHAT_MEMBER_NOT_FOUND');
  }
  return member;
}

/**
 * Takes a member out, who may come again.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_IS_DIRECT`, `CHAT_MEMBER_NOT_FOUND`, `CHAT_RIGHT_MISSING`,
 *   `CHAT_RANK`
 */
export function kickMember(
  call: SignedInCall,
  { conversationId, userId }: MemberRef,
): Promise<void> {
  const actorId = call.actor.userId;
  return transaction(call, async (tx) => {
    const room = await lockGroup(call, tx, conversationId);
    requireOwn(room, 'kickMember');
    const member = await requireMember(tx, room, userId);
    const target = { role: member.role, isSelf: userId === actorId };
    requireRight(decideOver(room, target, 'kickMember'));
    await tell(
      call,
      tx,
      await takeOut(call, tx, { door: room, member, reason: 'kicked', actorId }),
    );
  });
}

/**
 * Keeps a person out, for good or until an instant; a member is taken out. A ban that there is gets the new
 * end.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_IS_DIRECT`, `USER_NOT_FOUND`, `CHAT_RIGHT_MISSING`, `CHAT_RANK`
 */
export function banMember(
  call: SignedInCall,
  input: MemberRef & { until?: string | undefined; reason?: string | undefined },
): Promise<void> {
  const { conversationId, userId, until, reason } = input;
  const actorId = call.actor.userId;
  return transaction(call, async (tx) => {
    const room = await lockGroup(call, tx, conversationId);
    requireOwn(room, 'banMember');
    const [member] = await findMembers(tx.db, room.id, [userId]);
    if (!member) {
      await requireUser(tx.db, { id: userId });
    }
    const target = { role: member?.role ?? 'reader', isSelf: userId === actorId };
    requireRight(decideOver(room, target, 'banMember'));
    await upsertBan(tx.db, {
      conversationId,
      userId,
      bannedBy: actorId,
      reason: reason ?? null,
      until: until === undefined ? null : new Date(until),
      now: call.now,
    });
    if (member) {
      const out = { door: room, member, reason: 'banned', actorId } as const;
      await tell(call, tx, await takeOut(call, tx, out));
    }
  });
}

/** Ends a ban. @throws AppError `CHAT_NOT_FOUND`, `CHAT_IS_DIRECT`, `CHAT_RIGHT_MISSING`, `CHAT_BAN_NOT_FOUND` */
export function unbanMember(
  call: SignedInCall,
  { conversationId, userId }: MemberRef,
): Promise<void> {
  return transaction(call, async (tx) => {
    const room = await lockGroup(call, tx, conversationId);
    requireOwn(room, 'banMember');
    if (!(await deleteBan(tx.db, conversationId, userId))) {
      throw new AppError('CHAT_BAN_NOT_FOUND');
    }
  });
}

/** Who is banned, the oldest ban first. @throws AppError `CHAT_NOT_FOUND`, `CHAT_RIGHT_MISSING` */
export async function listBans(
  { app, actor, now }: SignedInCall,
  { conversationId, cursor, limit }: PageInput,
): Promise<Page<ChatBanView>> {
  requireOwn(await requireRoom(app.db, conversationId, actor.userId), 'banMember');
  const after = readCursor(cursor, ['date', 'id']);
  const rows = await listBanRows(app.db, { conversationId, after, limit: limit + 1, now });
  const toView = (row: (typeof rows)[number]): ChatBanView => ({
    user: { id: row.user_id, firstName: row.first_name, lastName: row.last_name },
    bannedBy: row.banned_by,
    reason: row.reason,
    until: row.until?.toISOString() ?? null,
    bannedAt: row.created_at.toISOString(),
  });
  return toPage(rows, limit, toView, (row) => [row.created_at.getTime(), row.user_id]);
}

/**
 * Lets a member not write until an instant; null ends it.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_IS_DIRECT`, `CHAT_MEMBER_NOT_FOUND`, `CHAT_RIGHT_MISSING`,
 *   `CHAT_RANK`
 */
export function muteMember(
  call: SignedInCall,
  { conversationId, userId, until }: MemberRef & { until: string | null },
): Promise<ChatMemberView> {
  return transaction(call, async (tx) => {
    const room = await lockGroup(call, tx, conversationId);
    requireOwn(room, 'muteMember');
    const member = await requireMember(tx, room, userId);
    const target = { role: member.role, isSelf: userId === call.actor.userId };
    requireRight(decideOver(room, target, 'muteMember'));
    const mutedUntil = until === null ? null : new Date(until);
    await updateMember(tx.db, room.id, userId, { muted_until: mutedUntil });
    return tellChanged(call, tx, room, userId);
  });
}

/**
 * Gives and takes rights: a role, and capabilities beside it.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_IS_DIRECT`, `CHAT_MEMBER_NOT_FOUND`, `CHAT_RIGHT_MISSING`,
 *   `CHAT_RANK`
 */
export function setRights(
  call: SignedInCall,
  input: MemberRef & {
    role?: Exclude<ChatRole, 'owner'> | undefined;
    grants?: ChatCapability[] | undefined;
  },
): Promise<ChatMemberView> {
  const { conversationId, userId, role, grants } = input;
  return transaction(call, async (tx) => {
    const room = await lockGroup(call, tx, conversationId);
    requireRight(decideAnyRights(room));
    const member = await requireMember(tx, room, userId);
    const target = { ...member, isSelf: userId === call.actor.userId };
    requireRight(decideRights(room, target, { role, grants }));
    if (role === undefined && grants === undefined) {
      return toMemberView(member);
    }
    await updateMember(tx.db, room.id, userId, {
      ...(role !== undefined && { role }),
      ...(grants !== undefined && { grants: [...new Set(grants)].toSorted() }),
    });
    return tellChanged(call, tx, room, userId);
  });
}

async function tellChanged(
  call: SignedInCall,
  tx: Tx,
  room: RoomRow,
  userId: string,
): Promise<ChatMemberView> {
  const member = await requireMember(tx, room, userId);
  await tell(call, tx, [changed(room.id, member)]);
  return toMemberView(member);
}
