import type { MessageView, Page, UserCard } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { tell } from '../stream/index.ts';
import { requireFound, requireThere } from './chat.change.ts';
import { isEmoji } from './chat.emoji.ts';
import { findMessagesOf } from './chat.message.repository.ts';
import {
  findReactionFacts,
  findReactions,
  lockedReactionFacts,
  writeReaction,
  type ReactionFacts,
} from './chat.reaction.repository.ts';
import { requireSend } from './chat.refusal.ts';
import { lockStream } from './chat.room.repository.ts';
import { peerOf, sendStateOf } from './chat.room.ts';
import { decideReact } from './chat.rules.ts';
import { toMessageView } from './chat.view.ts';

interface Reaction {
  conversationId: string;
  seq: number;
  emoji: string;
  isSet: boolean;
}

/**
 * Sets a reaction of the caller's, or takes it back. A repeat changes nothing.
 *
 * @returns the message as the caller sees it
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_MESSAGE_NOT_FOUND`, `CHAT_EMOJI_INVALID`,
 *   `CHAT_TOO_MANY_REACTIONS`, `CHAT_NOT_FRIENDS`, `CHAT_NOT_OPEN`, `CHAT_MUTED`
 */
export async function react(call: SignedInCall, reaction: Reaction): Promise<MessageView> {
  const { conversationId, seq } = reaction;
  if (!isEmoji(reaction.emoji)) {
    throw new AppError('CHAT_EMOJI_INVALID');
  }
  const { app, actor } = call;
  // Who changes nothing, or may not, stops nobody: the stream is locked for the others alone.
  const [facts] = await findReactionFacts(app.hot, actor.userId, conversationId, seq);
  if (isChange(call, facts, reaction)) {
    await transaction(call, (tx) => change(call, tx, reaction));
  }
  const place = { userId: actor.userId, conversationId, seqs: [seq] };
  const rows = await findMessagesOf(app.hot, place);
  if (!rows) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  return toMessageView(requireFound(rows[0]));
}

async function change(call: SignedInCall, tx: Tx, reaction: Reaction): Promise<void> {
  const { conversationId, seq, emoji, isSet } = reaction;
  const { userId } = call.actor;
  await lockStream(tx.db, conversationId);
  const facts = await lockedReactionFacts(tx.db, { conversationId, seq, userId });
  if (!isChange(call, facts, reaction)) {
    return;
  }
  const { [emoji]: before = 0, ...others } = facts?.reactions ?? {};
  const count = before + (isSet ? 1 : -1);
  const reactions = count > 0 ? { ...others, [emoji]: count } : others;
  const written = { ...reaction, userId, reactions, now: call.now };
  const revision = await writeReaction(tx.db, written);
  const body = { conversationId, seq, userId, emoji, isSet, reactions, revision };
  await tell(call, tx, [{ streamId: conversationId, type: 'chat.reacted', body }]);
}

/** @throws AppError when the caller may not */
function isChange(
  call: SignedInCall,
  facts: ReactionFacts | undefined,
  { emoji, isSet }: Reaction,
): boolean {
  if (!facts) {
    throw new AppError('CHAT_NOT_FOUND');
  }
  requireThere([facts]);
  const decision = decideReact(sendStateOf(facts), call.now);
  requireSend(decision, peerOf(facts, call.actor.userId));
  const { mine, reactions } = facts;
  if (mine.includes(emoji) === isSet) {
    return false;
  }
  const { reactionsPerPerson, reactionsPerMessage } = call.app.config.chat;
  const emojis = Object.keys(reactions ?? {});
  if (isSet && mine.length >= reactionsPerPerson) {
    throw new AppError('CHAT_TOO_MANY_REACTIONS', { data: { most: reactionsPerPerson } });
  }
  if (isSet && emojis.length >= reactionsPerMessage && !emojis.includes(emoji)) {
    throw new AppError('CHAT_TOO_MANY_REACTIONS', { data: { most: reactionsPerMessage } });
  }
  return true;
}

/**
 * Who has reacted to a message, and how; the oldest first.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_MESSAGE_NOT_FOUND`
 */
export async function listReactions(
  { app, actor }: SignedInCall,
  input: { conversationId: string; seq: number; cursor?: string | null | undefined; limit: number },
): Promise<Page<{ user: UserCard; emoji: string; at: string }>> {
  const { conversationId, seq, cursor, limit } = input;
  const [at, userId, emoji] = readCursor(cursor, ['date', 'id', 'text']) ?? [null, null, null];
  const place = [actor.userId, conversationId, seq] as const;
  const rows = await findReactions(app.hot, ...place, at, userId, emoji, limit + 1);
  requireThere(rows);
  const items = rows.flatMap((row) =>
    row.user_id === null || row.emoji === null || row.created_at === null
      ? []
      : [
          {
            user: { id: row.user_id, firstName: row.first_name, lastName: row.last_name },
            emoji: row.emoji,
            at: row.created_at,
          },
        ],
  );
  const toItem = (item: (typeof items)[number]): typeof item => item;
  return toPage(items, limit, toItem, (item) => [Date.parse(item.at), item.user.id, item.emoji]);
}
