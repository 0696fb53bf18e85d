import type { StoredStreamEvent, StreamEvent, StreamSignal } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { Reader } from '../../realtime/reader.ts';
import {
  countMissed,
  findBounds,
  findMissed,
  findStreamIds,
  type ReplayPlace,
} from './stream.repository.ts';
import { decideResume, safeCursor } from './stream.rules.ts';

/** Something for the client with the cursor that is good once it has it. */
export interface Yielded {
  cursor: bigint;
  event: StreamEvent;
}

const replayPage = 500;

/**
 * Everything live for one person: what was missed since `lastEventId`, then `stream.ready`, then
 * what happens, until the call is aborted or the reader is cut off.
 *
 * The order of the steps is the guarantee: listen first, then read the log, then go live and drop
 * what the log has already given. Cursors never point past anything that has not been yielded.
 */
export async function* followStream(
  call: SignedInCall,
  lastEventId: string | null | undefined,
): AsyncGenerator<Yielded> {
  const { app, actor } = call;
  const reader = new Reader(actor.userId, app.config.stream.queueLimit);
  try {
    // The own line first: whoever joins a stream after this is told so on it.
    await app.feeds.attach(reader, [actor.userId]);
    // A session that ended before this moment was told on the line before anybody listened.
    await call.checkSession();
    const bounds = await findBounds(app.db);
    await app.feeds.attach(reader, await findStreamIds(app.db, actor.userId));

    const sent = new Map<string, number>();
    const decision = await limitReplay(call, decideResume(lastEventId, bounds));
    if (decision.do === 'reset') {
      yield signal('stream.reset', bounds.now);
    }
    if (decision.do === 'replay') {
      yield* replay(call, decision.cursor, bounds.now, sent);
      // What was forgotten between two pages is missing without a trace.
      if ((await findBounds(app.db)).floor > decision.cursor) {
        yield signal('stream.reset', bounds.now);
      }
    }
    yield signal('stream.ready', bounds.now);
    yield* live(call, reader, bounds.now, sent);
  } finally {
    app.feeds.detach(reader);
  }
}

async function limitReplay(
  call: SignedInCall,
  decision: ReturnType<typeof decideResume>,
): Promise<ReturnType<typeof decideResume>> {
  if (decision.do !== 'replay') {
    return decision;
  }
  const limit = call.app.config.stream.replayLimit;
  const query = { userId: call.actor.userId, cursor: decision.cursor, limit };
  return (await countMissed(call.app.db, query)) > limit ? { do: 'reset' } : decision;
}

async function* replay(
  call: SignedInCall,
  cursor: bigint,
  horizon: bigint,
  sent: Map<string, number>,
): AsyncGenerator<Yielded> {
  const userId = call.actor.userId;
  let after: ReplayPlace | null = null;
  for (;;) {
    const page = await findMissed(call.app.db, { userId, cursor, after, limit: replayPage });
    for (const { pos, event } of page) {
      sent.set(event.streamId, event.seq);
      after = { pos, streamId: event.streamId, seq: event.seq };
      yield { cursor: safeCursor(pos, horizon), event };
    }
    if (page.length < replayPage) {
      return;
    }
  }
}

async function* live(
  call: SignedInCall,
  reader: Reader,
  horizon: bigint,
  sent: Map<string, number>,
): AsyncGenerator<Yielded> {
  const { app, signal: aborted } = call;
  const isOver = (): boolean => aborted.aborted;
  const safe = (cursor: bigint): bigint => (cursor > horizon ? cursor : horizon);
  while (!isOver()) {
    await reader.ready(app.config.stream.beaconMs, aborted);
    const deliveries = reader.take();
    for (const { cursor, event } of deliveries) {
      if (isRepeat(event, sent)) {
        continue;
      }
      yield { cursor: safe(cursor), event };
    }
    if (reader.end) {
      throw new StreamCutError(reader.end);
    }
    if (deliveries.length === 0 && !isOver()) {
      yield signal('stream.beacon', safe(app.feeds.safe));
    }
  }
}

/** The log gave it during the replay. */
function isRepeat(event: StoredStreamEvent, sent: Map<string, number>): boolean {
  const last = sent.get(event.streamId);
  if (last === undefined) {
    return false;
  }
  if (event.seq <= last) {
    return true;
  }
  sent.delete(event.streamId);
  return false;
}

function signal(type: StreamSignal['type'], cursor: bigint): Yielded {
  return { cursor, event: { type } };
}

/** The server ends a stream that it cannot serve; the client comes back by its cursor. */
export class StreamCutError extends Error {
  readonly reason: 'slow' | 'broken';

  constructor(reason: 'slow' | 'broken') {
    super(`the live stream was cut off: ${reason}`);
    this.reason = reason;
  }
}
