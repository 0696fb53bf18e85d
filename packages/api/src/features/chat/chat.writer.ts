import type pg from 'pg';
import { Batch } from '../../database/batch.ts';
import { isConflict } from '../../database/conflict.ts';
import type { Hub } from '../../realtime/hub.ts';
import { createLiveEvent, type LiveEvent } from '../../realtime/live-event.ts';
import {
  readSendFacts,
  writeMessages,
  type NewMessage,
  type Placed,
  type SendFacts,
  type Wanted,
} from './chat.send.repository.ts';

/** What became of a message that was to be written. */
export type Written =
  | { placed: Placed }
  /** There is no such conversation any more. */
  | { isGone: true }
  /** The id was used before, perhaps a moment ago. */
  | { isUsed: true }
  /** It has waited so long that what was decided about it may not be so any more. */
  | { isStale: true }
  | { error: unknown };

/** Sends that come at the same time, read and written together. */
export interface MessageWriter {
  facts: Batch<Wanted, SendFacts>;
  messages: Batch<NewMessage, Written>;
}

interface Tools {
  /** Of its own: a writer may have to wait for a row, and readers shall not wait for writers. */
  sends: pg.Pool;
  hub: Hub;
}

const mostTogether = 64;
/** A right may be lost while a message waits for its turn. */
const staleAfterMs = 200;
/** One at a time: what comes meanwhile is worth more in one statement than side by side. */
const lanes = 1;

/**
 * Group commit: one statement and one commit for all messages that came while the last one was under
 * way. What cannot be written fails alone: then each conversation is tried by itself, and where that
 * fails too, each of its messages.
 */
export function createMessageWriter(hot: pg.Pool, tools: Tools): MessageWriter {
  return {
    facts: new Batch({ most: mostTogether, lanes, run: (wanted) => readSendFacts(hot, wanted) }),
    messages: new Batch({
      most: mostTogether,
      lanes,
      run: (messages) => writeTogether(messages, tools),
    }),
  };
}

async function writeTogether(messages: readonly NewMessage[], tools: Tools): Promise<Written[]> {
  // Of two under one id the first is written; the other one is a repeat, or another message.
  const ids = new Set<string>();
  const oldest = performance.now() - staleAfterMs;
  const fresh = messages.filter(({ decidedAt }) => decidedAt >= oldest);
  const singles = fresh.filter(({ id }) => !ids.has(id) && ids.add(id));
  if (singles.length === 0) {
    return messages.map(() => ({ isStale: true }));
  }
  const fates = new Map<NewMessage, Written>();
  for (const [index, fate] of (await writeAll(singles, tools)).entries()) {
    const message = singles[index];
    if (message) {
      fates.set(message, fate);
    }
  }
  return messages.map((message) => {
    const other: Written = ids.has(message.id) ? { isUsed: true } : { isStale: true };
    return fates.get(message) ?? other;
  });
}

/** All in one statement, or conversation by conversation. */
async function writeAll(messages: readonly NewMessage[], tools: Tools): Promise<Written[]> {
  try {
    return await write(messages, tools);
  } catch (error) {
    const rooms = Map.groupBy(messages, ({ conversationId }) => conversationId);
    if (rooms.size === 1) {
      return writeRoom(messages, tools, error);
    }
    const fates = new Map<NewMessage, Written>();
    await Promise.all(
      [...rooms.values()].map(async (room) => {
        const written = await write(room, tools).catch(async (error_: unknown) =>
          writeRoom(room, tools, error_),
        );
        room.forEach((message, index) => fates.set(message, written[index] ?? { error }));
      }),
    );
    return messages.map((message) => fates.get(message) ?? { error });
  }
}

/** SQLSTATE: somebody holds the conversation; the others of it would only wait as long. */
const lockNotAvailable = '55P03';

/** Messages of one conversation one by one, after together they could not be written. */
async function writeRoom(
  messages: readonly NewMessage[],
  tools: Tools,
  reason: unknown,
): Promise<Written[]> {
  const written: Written[] = [];
  let end = isCode(reason, lockNotAvailable) ? reason : null;
  for (const message of messages) {
    const fate: Written = end ? { error: end } : await writeAlone(message, tools);
    if ('error' in fate && isCode(fate.error, lockNotAvailable)) {
      end = fate.error;
    }
    written.push(fate);
  }
  return written;
}

const tries = 4;

async function writeAlone(message: NewMessage, tools: Tools): Promise<Written> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const [fate] = await write([message], tools);
      return fate ?? { isGone: true };
    } catch (error) {
      if (isUsedId(error)) {
        return { isUsed: true };
      }
      if (attempt === tries || !isConflict(error)) {
        return { error };
      }
    }
  }
}

async function write(messages: readonly NewMessage[], { sends, hub }: Tools): Promise<Written[]> {
  return publish(messages, await writeMessages(sends, messages), hub);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** SQLSTATE 23505 on the message's id. */
function isUsedId(error: unknown): boolean {
  return (
    isCode(error, '23505') &&
    error instanceof Error &&
    'constraint' in error &&
    error.constraint === 'messages_id'
  );
}

/** Tells the hub of what was written, in the order of the places. */
function publish(
  messages: readonly NewMessage[],
  places: readonly (Placed | null)[],
  hub: Hub,
): Written[] {
  const events: LiveEvent[] = [];
  const written = messages.map((message, index): Written => {
    const placed = places[index];
    if (!placed) {
      return { isGone: true };
    }
    events.push(toEvent(message, placed));
    return { placed };
  });
  hub.publish(events);
  return written;
}

function toEvent({ conversationId, createdAt, bodyHead }: NewMessage, place: Placed): LiveEvent {
  return createLiveEvent({
    streamId: conversationId,
    seq: place.eventSeq,
    type: 'chat.message',
    at: createdAt,
    body: `${bodyHead}${place.seq}}`,
  });
}
