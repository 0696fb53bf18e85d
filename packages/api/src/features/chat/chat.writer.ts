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
export type Written = { placed: Placed } | { error: unknown };

/** Sends that come at the same time, read and written together. */
export interface MessageWriter {
  facts: Batch<Wanted, SendFacts>;
  messages: Batch<NewMessage, Written>;
}

const mostTogether = 64;
/** One at a time: what comes meanwhile is worth more in one statement than side by side. */
const lanes = 1;

/**
 * Group commit: one statement and one commit for all messages that came while the last one was under
 * way. A message that cannot be written fails alone, because then each is tried by itself.
 */
export function createMessageWriter(hot: pg.Pool, hub: Hub): MessageWriter {
  return {
    facts: new Batch({ most: mostTogether, lanes, run: (wanted) => readSendFacts(hot, wanted) }),
    messages: new Batch({
      most: mostTogether,
      lanes,
      run: (messages) => writeTogether(messages, { hot, hub }),
    }),
  };
}

interface Tools {
  hot: pg.Pool;
  hub: Hub;
}

async function writeTogether(messages: readonly NewMessage[], tools: Tools): Promise<Written[]> {
  if (new Set(messages.map(({ id }) => id)).size === messages.length) {
    try {
      const places = await writeMessages(tools.hot, messages);
      return publish(messages, places, tools.hub);
    } catch (error) {
      if (messages.length === 1 && !isConflict(error)) {
        return [{ error }];
      }
    }
  }
  return Promise.all(messages.map(async (message) => writeAlone(message, tools)));
}

const tries = 4;

async function writeAlone(message: NewMessage, { hot, hub }: Tools): Promise<Written> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const [written] = publish([message], await writeMessages(hot, [message]), hub);
      return written ?? { error: new Error('nothing was written') };
    } catch (error) {
      if (attempt === tries || !isConflict(error)) {
        return { error };
      }
    }
  }
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
      return { error: new Error(`there is no conversation ${message.conversationId}`) };
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
