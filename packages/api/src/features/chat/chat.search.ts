import type { MessageView, Page } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { requireRoom } from './chat.room.ts';
import { catchUp } from './chat.search.index.ts';
import {
  boundSearch,
  normalizeParts,
  searchMessages,
  type FoundRow,
  type Search,
} from './chat.search.repository.ts';
import { readQuery } from './chat.search.rules.ts';
import { toMessageView } from './chat.view.ts';

interface SearchInput {
  query: string;
  conversationId?: string | undefined;
  cursor?: string | null | undefined;
  limit: number;
}

/**
 * Messages that have all words of a query, of one conversation or of all that the caller is in, newest first.
 * What was sent before the call began is found.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_SEARCH_TOO_BROAD`, `BUSY`
 */
export async function searchChats(
  call: SignedInCall,
  input: SearchInput,
): Promise<Page<MessageView>> {
  const { app, actor } = call;
  const { conversationId = null } = input;
  // Before anything else, so that a bad one costs nothing.
  const before = readCursor(input.cursor, ['date', 'id', 'seq']);
  if (conversationId !== null) {
    await requireRoom(app.db, conversationId, actor.userId);
  }
  return app.searchTurns.run(actor.userId, async () => {
    await catchUp(call, conversationId);
    const limit = input.limit + 1;
    const rows = await search(call, input.query, { conversationId, before, limit });
    return toPage(rows, input.limit, toMessageView, (row) => [
      row.sent_ms,
      row.conversation_id,
      row.seq,
    ]);
  });
}

async function search(
  call: SignedInCall,
  query: string,
  range: Pick<Search, 'conversationId' | 'before' | 'limit'>,
): Promise<FoundRow[]> {
  const { userId } = call.actor;
  try {
    return await transaction(call, async ({ db }) => {
      await boundSearch(db, call.app.config.chat.searchMs);
      const parts = readQuery(await normalizeParts(db, query.split(/\s+/)));
      return parts.length === 0 ? [] : await searchMessages(db, { ...range, userId, parts });
    });
  } catch (error) {
    throw tookTooLong(error) ? new AppError('CHAT_SEARCH_TOO_BROAD') : error;
  }
}

/** SQLSTATE 57014: the statement was ended by its time limit. */
function tookTooLong(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '57014';
}
