import type { App } from '../../app.ts';
import { callOfNobody, type SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import {
  findLagging,
  findLaggingAfter,
  insertIndex,
  replaceIndex,
  type Indexed,
} from './chat.search.index.repository.ts';

/** In one transaction, and so in one search. */
const mostAtOnce = { messages: 2_000, bytes: 250_000 };
const mostInSweep = 200_000;
const conversationsAtOnce = 50;

/**
 * Indexes what was sent to a person's conversations, or to one, since somebody has searched there last: up to
 * 2,000 messages of usual length. What was there before the call began is found after it, unless more than that lags behind.
 */
export async function catchUp(call: SignedInCall, conversationId: string | null): Promise<void> {
  let { messages, bytes } = mostAtOnce;
  while (messages > 0 && bytes > 0) {
    const most = { messages, bytes };
    const ids = await findLagging(call.app.hot, call.actor.userId, conversationId);
    if (ids.length === 0) {
      return;
    }
    const done = await transaction(call, (tx) => insertIndex(tx.db, ids, most));
    messages -= done.messages;
    bytes -= done.bytes;
  }
}

/**
 * Indexes what lags behind anywhere, some thousand messages in a transaction and up to 200,000 in all: what
 * nobody has searched for, and what was there before the index.
 *
 * @returns how many
 */
export async function indexMessages(app: App): Promise<number> {
  let count = 0;
  let after: string | null = null;
  do {
    const { ids, last } = await findLaggingAfter(app.db, after);
    for (let i = 0; i < ids.length && count < mostInSweep; i += conversationsAtOnce) {
      count += await indexFully(app, ids.slice(i, i + conversationsAtOnce), mostInSweep - count);
    }
    after = last;
  } while (after !== null && count < mostInSweep);
  return count;
}

async function indexFully(app: App, ids: readonly string[], most: number): Promise<number> {
  let count = 0;
  for (;;) {
    const { messages: more } = await indexSome(app, ids, most - count);
    count += more;
    if (more === 0 || count >= most) {
      return count;
    }
  }
}

function indexSome(app: App, ids: readonly string[], most: number): Promise<Indexed> {
  const messages = Math.min(mostAtOnce.messages, most);
  return transaction(callOfNobody(app, 'sweep'), (tx) =>
    insertIndex(tx.db, ids, { ...mostAtOnce, messages }),
  );
}

/**
 * Lets messages be found by what they say now, or not any more when they are deleted. To be called in the
 * transaction that changes them, after it has locked the stream and written them.
 */
export function reindexMessages(
  tx: Tx,
  conversationId: string,
  seqs: readonly number[],
): Promise<void> {
  return replaceIndex(tx.db, conversationId, seqs);
}
