import type pg from 'pg';
import { Batch, MissedTurnError } from '../../database/batch.ts';
import { isConflict } from '../../database/conflict.ts';
import { isOutage } from '../../errors.ts';
import type { Hub } from '../../realtime/hub.ts';
import { createLiveEvent, type LiveEvent } from '../../realtime/live-event.ts';
import { decideSend } from './chat.rules.ts';
import { readSendFacts, type SendFacts } from './chat.send.facts.repository.ts';
import { writeMessages, type NewMessage, type Placed } from './chat.send.repository.ts';

/** What became of a message that was to be written. */
export type Written =
  | { placed: Placed }
  /** It was not written, and this is why. */
  | { facts: SendFacts }
  /** It was not written; what is in its way has changed meanwhile. */
  | { isUnsure: true }
  | { error: unknown };

/** Writes messages, those that come at the same time together. */
export type MessageWriter = Batch<NewMessage, Written>;

interface Tools {
  hot: pg.Pool;
  /** Of its own: a writer may have to wait for a row, and readers shall not wait for writers. */
  sends: pg.Pool;
  hub: Hub;
}

const mostTogether = 64;
/** One at a time: what comes meanwhile is worth more in one statement than side by side. */
const lanes = 1;
/** Less than a client waits for its answer: it asks anew then, and would be written for twice. */
const patienceMs = 8_000;
/**
 * For so long the messages of a batch that failed together are begun room by room, while all others wait. Less
 * than a lock is waited for: so it is waited for once more at the most.
 */
const apartMs = 1_500;

/**
 * Group commit: one statement and one commit for all messages that came while the last one was under
 * way, and in the same statement the look whether they may be written. Where one may not, or cannot be, it
 * is found out which, and the others are written without it.
 */
export function createMessageWriter(tools: Tools): MessageWriter {
  return new Batch({
    most: mostTogether,
    lanes,
    patienceMs,
    run: (messages) => new Writing(tools).write(messages),
  });
}

/** A statement that wrote all of its messages, or none. */
type Outcome = { is: 'written' } | { is: 'closed' } | Failed;

interface Failed {
  is: 'failed';
  error: unknown;
}

/** One batch on its way. */
class Writing {
  readonly #tools: Tools;
  readonly #fates = new Map<NewMessage, Written>();
  /** By the clock of `performance.now`: nothing is tried afterwards. */
  #end = Infinity;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  async write(messages: readonly NewMessage[]): Promise<Written[]> {
    // Of two under one id the first is written; the other one is a repeat, or another message.
    const ids = new Set<string>();
    const firsts = messages.filter(({ id }) => !ids.has(id) && ids.add(id));
    const outcome = await this.#try(firsts);
    if (isEverybodys(outcome)) {
      return messages.map(() => ({ error: outcome.error }));
    }
    if (outcome.is !== 'written') {
      await this.#writeApart(firsts, outcome);
    }
    await this.#sift(messages.filter((message) => !this.#fates.has(message)));
    return messages.map((message) => this.#fates.get(message) ?? { isUnsure: true });
  }

  /** Without those who may not be written, or have been: together, or else room by room. */
  async #writeApart(messages: readonly NewMessage[], first: Outcome): Promise<void> {
    let rest = messages;
    let outcome = first;
    // Who waits for a conversation that somebody holds has said nothing of the others.
    if (!isHeldUp(first)) {
      rest = await this.#sift(messages);
      outcome = rest.length < messages.length ? await this.#try(rest) : first;
    }
    if (outcome.is === 'written') {
      return;
    }
    this.#end = performance.now() + apartMs;
    const rooms = Map.groupBy(rest, ({ conversationId }) => conversationId);
    if (rooms.size === 1 || isEverybodys(outcome)) {
      await this.#writeEach(rest, outcome);
      return;
    }
    // As many at a time as there are connections: who waits for one may wait in vain.
    const waiting = rooms.values();
    const line = async (): Promise<void> => {
      for (const room of waiting) {
        await this.#writeEach(room, await this.#try(room));
      }
    };
    await Promise.all(Array.from({ length: this.#tools.sends.options.max }, line));
  }

  /** @returns those who may be written, as it seems; the others are told what was found */
  async #sift(messages: readonly NewMessage[]): Promise<readonly NewMessage[]> {
    if (messages.length === 0) {
      return messages;
    }
    try {
      const facts = await readSendFacts(this.#tools.hot, messages);
      return messages.filter((message, index) => {
        const found = facts[index];
        if (!found || isClear(found, message)) {
          return true;
        }
        this.#fates.set(message, { facts: found });
        return false;
      });
    } catch (error) {
      // Others of the batch may have been written: theirs is another fate.
      messages.forEach((message) => this.#fates.set(message, { error }));
      return [];
    }
  }

  /** @param together how it ended when they were tried all at once, a moment ago */
  async #writeEach(messages: readonly NewMessage[], together: Outcome): Promise<void> {
    let outcome = together;
    for (const message of outcome.is === 'written' ? [] : messages) {
      // The next one would only wait as long.
      outcome = isHopeless(outcome) ? outcome : await this.#tryAlone(message);
      if (outcome.is === 'failed' && !isCode(outcome, usedId) && !isCode(outcome, lostRight)) {
        this.#fates.set(message, { error: outcome.error });
      }
    }
  }

  async #tryAlone(message: NewMessage): Promise<Outcome> {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#try([message]);
      if (attempt === tries || outcome.is !== 'failed' || !isConflict(outcome.error)) {
        return outcome;
      }
    }
  }

  async #try(messages: readonly NewMessage[]): Promise<Outcome> {
    if (performance.now() > this.#end) {
      return { is: 'failed', error: new MissedTurnError() };
    }
    try {
      const placed = messages.length === 0 ? [] : await writeMessages(this.#tools.sends, messages);
      if (!placed) {
        return { is: 'closed' };
      }
      this.#publish(messages, placed);
      return { is: 'written' };
    } catch (error) {
      return { is: 'failed', error };
    }
  }

  /** Tells the hub of what was written, in the order of the places. */
  #publish(messages: readonly NewMessage[], placed: readonly Placed[]): void {
    const events: LiveEvent[] = [];
    for (const [index, message] of messages.entries()) {
      const place = placed[index];
      if (place) {
        this.#fates.set(message, { placed: place });
        events.push(toEvent(message, place));
      }
    }
    this.#tools.hub.publish(events);
  }
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

const tries = 4;

/** SQLSTATEs of a row that somebody else has held for too long, and of a statement that took too long. */
const lockNotAvailable = '55P03';
const tookTooLong = '57014';
/** SQLSTATE of a unique violation: of ids, as places are given by the conversation itself. */
const usedId = '23505';
/** SQLSTATE with which `chat-send` says that what it found is no longer so. */
const lostRight = '22012';

function isCode(outcome: Outcome, code: string): boolean {
  if (outcome.is !== 'failed') {
    return false;
  }
  const { error } = outcome;
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Whether the same messages would fare no better a moment later, all at once or each alone. */
function isHopeless(outcome: Outcome): outcome is Failed {
  return outcome.is === 'failed' && isOutage(outcome.error);
}

/** Whether it may be for the sake of one room, and others would fare better without it. */
function isHeldUp(outcome: Outcome): boolean {
  return isCode(outcome, lockNotAvailable) || isCode(outcome, tookTooLong);
}

/** Whether all messages would have met with it: none is worth a try of its own. */
function isEverybodys(outcome: Outcome): outcome is Failed {
  return isHopeless(outcome) && !isHeldUp(outcome);
}

/** Whether nothing that was found stands in the way of a message. */
function isClear(facts: SendFacts, { createdAt }: NewMessage): boolean {
  const decision = decideSend(facts.place, new Date(createdAt));
  return facts.lastSeenMs !== null && !facts.stored && decision.do === 'send';
}
