import type { ConversationView } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError, fieldError } from '../../errors.ts';
import { findBlockedWith, findFriendsAmong } from '../friend/index.ts';
import {
  findOrganizationMembers,
  findOrganizationRole,
  lockOrganization,
} from '../organization/index.ts';
import { openSharedStream, tell, type Told } from '../stream/index.ts';
import { letIn } from './chat.door.ts';
import { findConversation, findViews } from './chat.list.repository.ts';
import { findOverfull, insertConversation, lockPeople } from './chat.repository.ts';
import { note } from './chat.room.ts';
import { toConversationView } from './chat.view.ts';

interface CreateInput {
  id: string;
  kind: 'group' | 'channel';
  title: string;
  description?: string | null | undefined;
  avatar?: string | null | undefined;
  isPublic: boolean;
  organizationId?: string | undefined;
  userIds: string[];
}

/**
 * Makes a group or a channel, once for each id. Its maker is the owner.
 *
 * @throws AppError `CHAT_ID_TAKEN`, `CHAT_NOT_FRIENDS`, `CHAT_NOT_IN_ORGANIZATION`, `CHAT_FULL`,
 *   `CHAT_TOO_MANY`, and those of an organization that the caller may not act for
 */
export async function createConversation(
  call: SignedInCall,
  input: CreateInput,
): Promise<ConversationView> {
  const { actor } = call;
  if (input.organizationId !== undefined && input.isPublic) {
    throw fieldError('isPublic', 'invalid');
  }
  const made = await transaction(call, (tx) => make(call, tx, input));
  if (made) {
    return made;
  }
  const row = await findConversation(call.app.hot, actor.userId, input.id);
  if (row?.role !== 'owner' || row.kind !== input.kind) {
    throw new AppError('CHAT_ID_TAKEN', { data: { id: input.id } });
  }
  return toConversationView(row);
}

/** @returns null when there is a conversation of this id */
async function make(
  call: SignedInCall,
  tx: Tx,
  input: CreateInput,
): Promise<ConversationView | null> {
  const { app, actor, now } = call;
  const { userId } = actor;
  const most = app.config.chat.conversationsPerPerson;
  const others = [...new Set(input.userIds)].filter((id) => id !== userId);
  if (input.organizationId !== undefined) {
    await lockAsOrganizer(tx, input.organizationId, userId);
  }
  // Everybody's rows at once: two who bring in each other would wait for one another in a ring.
  await lockPeople(tx.db, [userId, ...others]);
  const full = await findOverfull(tx.db, [userId], most);
  if (!(await insertConversation(tx.db, { ...input, ownerId: userId, now }))) {
    return null;
  }
  if (full.length > 0) {
    throw new AppError('CHAT_TOO_MANY', { data: { userId, most } });
  }
  const opened = await openSharedStream(tx, input.id, [userId]);
  await requireAddable(call, tx, input.organizationId ?? null, others);
  const created = await note(call, tx, {
    conversationId: input.id,
    actorId: userId,
    says: { type: 'created' },
  });
  const door = { id: input.id, kind: input.kind, status: 'open', member_count: 1 } as const;
  const joined = await letIn(call, tx, { door, userIds: others, actorId: userId });
  const [row] = await findViews(tx.db, input.id, [userId]);
  if (!row) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  const view = toConversationView(row);
  const started: Told = { streamId: userId, type: 'chat.started', body: view };
  await tell(call, tx, [created, ...opened, started, ...joined]);
  return view;
}

/**
 * Lets nobody leave an organization, and it not end, until the conversation is there for both to find.
 *
 * @throws AppError `ORGANIZATION_NOT_FOUND`, `ORGANIZATION_RIGHT_MISSING`
 */
async function lockAsOrganizer(tx: Tx, organizationId: string, userId: string): Promise<void> {
  const isIn = await lockOrganization(tx.db, organizationId, userId);
  const role = isIn ? await findOrganizationRole(tx.db, organizationId, userId) : undefined;
  if (role === undefined) {
    throw new AppError('ORGANIZATION_NOT_FOUND');
  }
  if (role === 'member') {
    throw new AppError('ORGANIZATION_RIGHT_MISSING');
  }
}

/**
 * Whether the caller may bring people in: friends of theirs, and into a conversation of an organization those
 * of its members with whom there is no block. A block is answered like a person who does not exist.
 *
 * @throws AppError `CHAT_NOT_FRIENDS`, `CHAT_NOT_IN_ORGANIZATION`, `USER_NOT_FOUND`
 */
export async function requireAddable(
  { actor }: SignedInCall,
  tx: Tx,
  organizationId: string | null,
  userIds: readonly string[],
): Promise<void> {
  if (organizationId === null) {
    const friends = new Set(await findFriendsAmong(tx.db, actor.userId, userIds));
    const stranger = userIds.find((userId) => !friends.has(userId));
    if (stranger !== undefined) {
      throw new AppError('CHAT_NOT_FRIENDS', { data: { userId: stranger } });
    }
    return;
  }
  const members = new Set(await findOrganizationMembers(tx.db, organizationId, userIds));
  const outsider = userIds.find((userId) => !members.has(userId));
  if (outsider !== undefined) {
    throw new AppError('CHAT_NOT_IN_ORGANIZATION', { data: { userId: outsider } });
  }
  if ((await findBlockedWith(tx.db, actor.userId, userIds)).length > 0) {
    throw new AppError('USER_NOT_FOUND');
  }
}
