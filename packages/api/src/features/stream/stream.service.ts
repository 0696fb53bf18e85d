import type { SignedInCall } from '../../call.ts';
import { AppError } from '../../errors.ts';
import { rememberMs } from '../../realtime/audit.ts';
import { Delivery } from '../../realtime/delivery.ts';
import { Reader, type ReaderEnd, type Sink } from '../../realtime/reader.ts';
import { countMissed, readFloor, readMissed, readOpening, type Missed } from './stream.log.ts';
import { decideResume, parseCursor, safeCursor, type ResumeDecision } from './stream.rules.ts';

const replayPage = 500;

export interface Follow {
  lastEventId: string | null | undefined;
  /** Goes with `stream.ready`. */
  connectionId: string;
  /** A faster way to the peer, from when it is there. */
  sink(): Sink | null;
  /** The stream cannot be served any more: said at once, also while nobody asks for its next value. */
  onCut: (end: ReaderEnd) => void;
}

/**
 * Everything live for one person: what was missed since `lastEventId`, then `stream.ready`, then
 * what happens, until the call is aborted or the reader is cut off.
 *
 * One snapshot of the log says what was missed and where each stream stood; the reader is attached to
 * the feeds at exactly these places, so that replay and live meet without a gap and without a repeat.
 * Cursors never point past anything that has not been handed over before.
 */
export async function* followStream(call: SignedInCall, follow: Follow): AsyncGenerator<Delivery> {
  const { app, actor } = call;
  const { userId, sessionId } = actor;
  const reader = new Reader(userId, app.config.stream.queueLimit, follow.onCut);
  try {
    const asked = performance.now();
    const cursor = parseCursor(follow.lastEventId);
    const query = { userId, sessionId, cursor, limit: replayPage };
    const { heads, missed, horizon, ...bounds } = await readOpening(app.hot, query);
    const cursorNow = oldEnough(horizon, app.feeds.safe, bounds.floor);
    if (!bounds.isAlive) {
      throw new AppError('SESSION_ENDED');
    }
    if (performance.now() - asked > rememberMs) {
      return reader.cut('broken');
    }
    await app.feeds.attach(reader, heads);
    const decision = await limitReplay(call, decideResume(cursor, bounds), missed);
    if (decision.do === 'reset') {
      yield signal('{"type":"stream.reset"}', cursorNow);
    }
    if (decision.do === 'replay') {
      for await (const { cursor: reached, event } of replay(call, missed, heads)) {
        yield new Delivery(safeCursor(reached, cursorNow), event.json, event);
      }
      // What was forgotten between two pages is missing without a trace.
      if (missed.length === replayPage && (await readFloor(app.hot)) > decision.cursor) {
        yield signal('{"type":"stream.reset"}', cursorNow);
      }
    }
    const { connectionId } = follow;
    yield signal(JSON.stringify({ type: 'stream.ready', connectionId }), cursorNow);
    yield* live(call, reader, follow, cursorNow);
  } finally {
    app.feeds.detach(reader);
  }
}

async function limitReplay(
  call: SignedInCall,
  decision: ResumeDecision,
  missed: readonly Missed[],
): Promise<ResumeDecision> {
  const limit = call.app.config.stream.replayLimit;
  if (decision.do !== 'replay' || missed.length < Math.min(replayPage, limit)) {
    return decision;
  }
  const query = { userId: call.actor.userId, cursor: decision.cursor, limit };
  return (await countMissed(call.app.hot, query)) > limit ? { do: 'reset' } : decision;
}

/** Everything missed up to the heads; what came later is handed over live. */
async function* replay(
  call: SignedInCall,
  first: readonly Missed[],
  heads: ReadonlyMap<string, number>,
): AsyncGenerator<Missed> {
  const { userId } = call.actor;
  let page = first;
  for (;;) {
    yield* page.filter(({ event }) => event.seq <= (heads.get(event.streamId) ?? 0));
    const after = page.at(-1);
    if (!after || page.length < replayPage) {
      return;
    }
    page = await readMissed(call.app.hot, { userId, after, limit: replayPage });
  }
}

async function* live(
  call: SignedInCall,
  reader: Reader,
  follow: Follow,
  horizon: bigint,
): AsyncGenerator<Delivery> {
  // What came while the reader was being attached may have overtaken what it was waiting for.
  for (const delivery of reader.take()) {
    yield delivery.notAbove(horizon);
  }
  const { signal: aborted } = call;
  const isOver = (): boolean => aborted.aborted;
  while (!isOver() && !reader.isOver) {
    const sink = follow.sink();
    if (sink && !reader.isWaiting) {
      reader.connect(sink);
    }
    await reader.ready(aborted);
    yield* reader.take();
  }
}

/** The present, as far back as the node's own cursors stay, and no further than the log reaches. */
function oldEnough(horizon: bigint, safe: bigint, floor: bigint): bigint {
  const lagging = horizon < safe ? horizon : safe;
  return lagging > floor ? lagging : floor;
}

function signal(json: string, cursor: bigint): Delivery {
  return new Delivery(cursor, json);
}
