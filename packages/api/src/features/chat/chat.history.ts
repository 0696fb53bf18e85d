import type { MessageView, Page, UserCard } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { AppError } from '../../errors.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { WireResult } from '../../wire-output.ts';
import { findCards } from '../user/index.ts';
import {
  findMessagesAfter,
  findMessagesBefore,
  findMessagesOf,
  largestSeq,
  type MessageRow,
} from './chat.message.repository.ts';
import { toMessageView } from './chat.view.ts';

interface ListInput {
  conversationId: string;
  cursor?: string | null | undefined;
  limit: number;
  afterSeq?: number | undefined;
  aroundSeq?: number | undefined;
  withPeople?: boolean | undefined;
}

type MessagePage = Page<MessageView> & { people?: UserCard[] };

/**
 * Messages of a conversation: newest first, or from a place on, or around one.
 *
 * @throws AppError `CHAT_NOT_FOUND`
 */
export async function listMessages(
  call: SignedInCall,
  input: ListInput,
): Promise<WireResult<MessagePage>> {
  const page = await readPage(call, input);
  if (input.withPeople !== true) {
    return WireResult.of(page);
  }
  return WireResult.of({ ...page, people: await peopleOf(call, page.items) });
}

function readPage(call: SignedInCall, input: ListInput): Promise<Page<MessageView>> {
  if (input.afterSeq !== undefined) {
    return readOn(call, input, input.afterSeq);
  }
  const [beforeSeq = null] = readCursor(input.cursor, ['seq']) ?? [];
  // What comes after the page around a message are the older ones, as after any other.
  return input.aroundSeq !== undefined && beforeSeq === null
    ? readAround(call, input, input.aroundSeq)
    : readBack(call, input, beforeSeq);
}

const toKey = (row: MessageRow): [number] => [row.seq];

async function readBack(
  { app, actor }: SignedInCall,
  { conversationId, limit }: Pick<ListInput, 'conversationId' | 'limit'>,
  beforeSeq: number | null,
): Promise<Page<MessageView>> {
  const range = { userId: actor.userId, conversationId, limit: limit + 1 };
  const rows = required(await findMessagesBefore(app.hot, range, beforeSeq));
  return toPage(rows, limit, toMessageView, toKey);
}

async function readOn(
  { app, actor }: SignedInCall,
  { conversationId, cursor, limit }: ListInput,
  afterSeq: number,
): Promise<Page<MessageView>> {
  const [reached = afterSeq] = readCursor(cursor, ['seq']) ?? [];
  const range = { userId: actor.userId, conversationId, limit: limit + 1 };
  const rows = required(await findMessagesAfter(app.hot, range, reached));
  return toPage(rows, limit, toMessageView, toKey);
}

/** The cursor goes back in time, as that of the newest messages does. */
async function readAround(
  call: SignedInCall,
  { conversationId, limit }: ListInput,
  seq: number,
): Promise<Page<MessageView>> {
  const range = { userId: call.actor.userId, conversationId };
  const later = Math.floor((limit - 1) / 2);
  const newer = required(
    await findMessagesAfter(call.app.hot, { ...range, limit: later }, seq),
  ).toReversed();
  const rest = { conversationId, limit: limit - newer.length };
  const older = await readBack(call, rest, Math.min(seq + 1, largestSeq));
  return { ...older, items: [...newer.map(toMessageView), ...older.items] };
}

/**
 * Some messages by their places, such as those that others answer. Places without one are left out.
 *
 * @throws AppError `CHAT_NOT_FOUND`
 */
export async function getMessages(
  call: SignedInCall,
  { conversationId, seqs }: { conversationId: string; seqs: readonly number[] },
): Promise<{ items: MessageView[]; people: UserCard[] }> {
  const range = { userId: call.actor.userId, conversationId, seqs };
  const rows = required(await findMessagesOf(call.app.hot, range));
  const items = rows.map(toMessageView);
  return { items, people: await peopleOf(call, items) };
}

/** Who wrote the messages, whom they name, and whose words they are. */
export function peopleOf(
  { app }: SignedInCall,
  items: readonly MessageView[],
): Promise<UserCard[]> {
  const ids = items.flatMap(({ senderId, mentions = [], forwardedFrom, system }) => [
    senderId,
    ...mentions,
    ...(forwardedFrom ? [forwardedFrom.senderId] : []),
    ...(system && 'userId' in system ? [system.userId] : []),
    ...(system && 'userIds' in system ? system.userIds : []),
  ]);
  return findCards(app.db, [...new Set(ids)]);
}

function required<Rows>(rows: Rows | null): Rows {
  if (rows === null) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  return rows;
}
