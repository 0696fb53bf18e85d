import { createHash, createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { ChatInviteView, ChatPublicCard, ConversationView, Page } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import type { Db } from '../../database/tables.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { after, second } from '../../kernel/duration.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { findOrganizationMembers } from '../organization/index.ts';
import { tell } from '../stream/index.ts';
import { letIn } from './chat.door.ts';
import {
  countUsable,
  findInvite,
  findInvited,
  insertInvite,
  listInviteRows,
  revoke,
  spendUse,
  type InvitedRow,
  type InviteRow,
} from './chat.invite.repository.ts';
import { findDoor } from './chat.public.repository.ts';
import { toPublicCard } from './chat.public.ts';
import { lockStream } from './chat.room.repository.ts';
import { lockGroup, requireOwn, requireRoom } from './chat.room.ts';
import { getConversation } from './chat.service.ts';

const keyBytes = 32;

/** The key from which the tokens of invite links are made (HKDF, RFC 5869). */
export function createInviteKey(secret: KeyObject): KeyObject {
  const key = hkdfSync('sha256', secret, Buffer.alloc(0), 'chat-invite', keyBytes);
  return createSecretKey(Buffer.from(key));
}

/** The same for one invite whenever it is asked for, though it is nowhere stored: 43 characters. */
function tokenOf(key: KeyObject, inviteId: string): string {
  return createHmac('sha256', key).update(inviteId).digest('base64url');
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function toInviteView(row: InviteRow): ChatInviteView {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    mostUses: row.most_uses,
    uses: row.uses,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}

interface CreateInput {
  conversationId: string;
  id: string;
  expiresInSeconds?: number | null | undefined;
  mostUses?: number | null | undefined;
}

/**
 * Makes a link by which people join, once for each id: a repeat answers the same link and token.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_IS_DIRECT`, `CHAT_RIGHT_MISSING`, `CHAT_INVITE_ID_TAKEN`,
 *   `CHAT_TOO_MANY_INVITES`
 */
export function createInvite(
  call: SignedInCall,
  input: CreateInput,
): Promise<ChatInviteView & { token: string }> {
  const token = tokenOf(call.app.inviteKey, input.id);
  return transaction(call, async (tx) => {
    const room = await lockGroup(call, tx, input.conversationId);
    requireOwn(room, 'manageInvites');
    const stored = await findInvite(tx.db, input.id);
    const row = stored ?? (await make(call, tx, input, token));
    if (!row || !isSame(call, row, input)) {
      throw new AppError('CHAT_INVITE_ID_TAKEN', { data: { id: input.id } });
    }
    return { ...toInviteView(row), token };
  });
}

async function make(
  { app, actor, now }: SignedInCall,
  tx: Tx,
  { id, conversationId, expiresInSeconds, mostUses }: CreateInput,
  token: string,
): Promise<InviteRow | undefined> {
  const most = app.config.chat.invitesPerConversation;
  if ((await countUsable(tx.db, conversationId, now)) >= most) {
    throw new AppError('CHAT_TOO_MANY_INVITES', { data: { most } });
  }
  return insertInvite(tx.db, {
    id,
    conversation_id: conversationId,
    token_hash: hashOf(token),
    created_by: actor.userId,
    created_at: now,
    expires_at: expiryOf(now, expiresInSeconds),
    most_uses: mostUses ?? null,
  });
}

function expiryOf(madeAt: Date, seconds: number | null | undefined): Date | null {
  return typeof seconds === 'number' ? after(madeAt, seconds * second) : null;
}

function isSame({ actor }: SignedInCall, row: InviteRow, input: CreateInput): boolean {
  const expiresAt = expiryOf(row.created_at, input.expiresInSeconds);
  return (
    row.conversation_id === input.conversationId &&
    row.created_by === actor.userId &&
    row.most_uses === (input.mostUses ?? null) &&
    row.expires_at?.getTime() === expiresAt?.getTime()
  );
}

/**
 * The links of a conversation, newest first, those that have ended included.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_RIGHT_MISSING`
 */
export async function listInvites(
  { app, actor }: SignedInCall,
  input: { conversationId: string; cursor?: string | null | undefined; limit: number },
): Promise<Page<ChatInviteView>> {
  const { conversationId, cursor, limit } = input;
  requireOwn(await requireRoom(app.db, conversationId, actor.userId), 'manageInvites');
  const before = readCursor(cursor, ['date', 'id']);
  const rows = await listInviteRows(app.db, { conversationId, before, limit: limit + 1 });
  return toPage(rows, limit, toInviteView, (row) => [row.created_at.getTime(), row.id]);
}

/**
 * Ends a link; who has come by it stays. To end it again changes nothing.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_IS_DIRECT`, `CHAT_RIGHT_MISSING`, `CHAT_INVITE_NOT_FOUND`
 */
export function revokeInvite(
  call: SignedInCall,
  { conversationId, inviteId }: { conversationId: string; inviteId: string },
): Promise<ChatInviteView> {
  return transaction(call, async (tx) => {
    const room = await lockGroup(call, tx, conversationId);
    requireOwn(room, 'manageInvites');
    const row = await revoke(tx.db, { conversationId, id: inviteId, now: call.now });
    if (!row) {
      throw new AppError('CHAT_INVITE_NOT_FOUND');
    }
    return toInviteView(row);
  });
}

/**
 * What a link leads to. Who is in already sees it though it has ended.
 *
 * @throws AppError `CHAT_INVITE_NOT_FOUND`, `CHAT_BANNED`, `CHAT_NOT_IN_ORGANIZATION`
 */
export async function previewInvite(call: SignedInCall, token: string): Promise<ChatPublicCard> {
  const { app, actor } = call;
  const invited = await requireInvited(call, token);
  if (!invited.is_member) {
    if (invited.is_banned) {
      throw new AppError('CHAT_BANNED', { data: { userId: actor.userId } });
    }
    await requireInsider(app.db, invited.organization_id, actor.userId);
  }
  return toPublicCard(invited);
}

/**
 * Joins by a link. Who is in already does not use it up, and just gets the conversation.
 *
 * @throws AppError `CHAT_INVITE_NOT_FOUND`, `CHAT_NOT_IN_ORGANIZATION`, `CHAT_NOT_OPEN`, `CHAT_BANNED`,
 *   `CHAT_FULL`, `CHAT_TOO_MANY`
 */
export async function joinByInvite(call: SignedInCall, token: string): Promise<ConversationView> {
  const { userId } = call.actor;
  const invited = await requireInvited(call, token);
  await transaction(call, async (tx) => {
    await lockStream(tx.db, invited.id);
    const door = await findDoor(tx.db, invited.id, userId);
    if (door?.is_member) {
      return;
    }
    if (!door || !(await spendUse(tx.db, invited.invite_id, call.now))) {
      throw new AppError('CHAT_INVITE_NOT_FOUND');
    }
    await requireInsider(tx.db, door.organization_id, userId);
    await tell(call, tx, await letIn(call, tx, { door, userIds: [userId], actorId: userId }));
  });
  return getConversation(call, invited.id);
}

/** @throws AppError `CHAT_INVITE_NOT_FOUND` */
async function requireInvited(
  { app, actor, now }: SignedInCall,
  token: string,
): Promise<InvitedRow> {
  const tokenHash = hashOf(token);
  const invited = await findInvited(app.hot, { userId: actor.userId, now, tokenHash });
  if (!invited || !(invited.is_member || invited.is_usable)) {
    throw new AppError('CHAT_INVITE_NOT_FOUND');
  }
  return invited;
}

/** @throws AppError `CHAT_NOT_IN_ORGANIZATION` */
async function requireInsider(
  db: Db,
  organizationId: string | null,
  userId: string,
): Promise<void> {
  if (organizationId === null) {
    return;
  }
  const insiders = await findOrganizationMembers(db, organizationId, [userId]);
  if (insiders.length === 0) {
    throw new AppError('CHAT_NOT_IN_ORGANIZATION', { data: { userId } });
  }
}
