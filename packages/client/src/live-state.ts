import { fullJitterMs } from './backoff.ts';
import { callBack } from './call-back.ts';
import type { ChaparClient } from './client.ts';
import { insideOf } from './signs.ts';
import type { StreamEvent } from './types.ts';

/** The events of the live stream that are about the product, not about the stream. */
export type LiveEvent = Exclude<
  StreamEvent,
  { type: 'stream.ready' | 'stream.reset' | 'stream.beacon' }
>;

/** What {@link live} needs to know. */
export interface LiveOptions<State> {
  /** Reads a snapshot from the server. Called again after `stream.reset` and after failures. */
  load(): Promise<State>;
  /**
   * Gives the state after an event. An event may be in the snapshot already, so applying it again
   * has to change nothing: set by id, do not add. The given state is not to be changed in place.
   */
  apply(state: State, event: LiveEvent): State;
}

/** What can be shown now. Replaced, never changed in place. */
export interface LiveView<State> {
  /** Null until the first snapshot is there. While it is read anew, the last one stays. */
  readonly state: State | null;
  /**
   * - `loading`: a snapshot is on its way.
   * - `ready`: the snapshot and all events since.
   * - `over`: the subscription has ended; nothing will change any more.
   */
  readonly phase: 'loading' | 'ready' | 'over';
  /** By what the last attempt to load failed, or why it is over; otherwise null. */
  readonly error: unknown;
}

/** A state that follows the live stream. */
export interface LiveState<State> {
  get(): LiveView<State>;
  /**
   * Changes the state by what was read beside the snapshot, such as a page. It lasts until the snapshot is read
   * anew. While there is no state, and when it is over, nothing is changed.
   */
  update(change: (state: State) => State): void;
  /** @returns what ends it */
  subscribe(listener: () => void): () => void;
  /** Ends the subscription and all timers. */
  close(): void;
}

/** So many events wait for a snapshot; with more of them a newer snapshot is the shorter way. */
const mostWaiting = 1_000;

/**
 * A snapshot, and on top of it every event since, in order. It is read when the stream is live, so
 * no event falls in between; events that come meanwhile wait for it. After `stream.reset` it is
 * read anew. A failure to read it is tried again, for as long as it takes.
 *
 * @example
 * const chats = live(client, {
 *   load: async () => (await client.chat.list.query({})).items,
 *   apply: (items, event) =>
 *     event.type === 'chat.started'
 *       ? [event.body, ...items.filter(({ id }) => id !== event.body.id)]
 *       : items,
 * });
 * chats.subscribe(() => render(chats.get()));
 */
export function live<State>(client: ChaparClient, options: LiveOptions<State>): LiveState<State> {
  const listeners = new Set<() => void>();
  let view: LiveView<State> = { state: null, phase: 'loading', error: null };
  /** Of the snapshot that is on its way; null when there is none. */
  let waiting: LiveEvent[] | null = null;
  let isBegun = false;
  /** There is a state, which may be null itself. */
  let hasState = false;
  let loads = 0;
  let failures = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const show = (change: Partial<LiveView<State>>): void => {
    view = { ...view, ...change };
    for (const listener of listeners) {
      callBack(listener);
    }
  };

  const begin = (): void => {
    isBegun = true;
    clearTimeout(retry);
    retry = undefined;
    loads += 1;
    const number = loads;
    const events: LiveEvent[] = [];
    waiting = events;
    if (view.phase !== 'loading') {
      show({ phase: 'loading' });
    }
    void read(number, events);
  };

  const read = async (number: number, events: readonly LiveEvent[]): Promise<void> => {
    let state: State;
    try {
      const snapshot = await options.load();
      state = events.reduce<State>((before, event) => options.apply(before, event), snapshot);
    } catch (error) {
      failed(number, error);
      return;
    }
    if (number === loads) {
      waiting = null;
      failures = 0;
      hasState = true;
      show({ state, phase: 'ready', error: null });
    }
  };

  const failed = (number: number, error: unknown): void => {
    if (number !== loads) {
      return;
    }
    retry = setTimeout(begin, fullJitterMs(failures));
    failures += 1;
    show({ phase: 'loading', error });
  };

  const take = (event: LiveEvent): void => {
    if (waiting) {
      waiting.push(event);
      if (waiting.length > mostWaiting && !retry) {
        begin();
      }
      return;
    }
    if (!hasState) {
      return;
    }
    let state: State;
    try {
      state = options.apply(view.state as State, event);
    } catch (error) {
      waiting = [];
      failed(loads, error);
      return;
    }
    show({ state });
  };

  const end = (error: unknown): void => {
    loads += 1;
    clearTimeout(retry);
    waiting = null;
    stopListening();
    subscription?.unsubscribe();
    show({ phase: 'over', error });
  };

  const stopListening = insideOf(client).on((sign) => {
    if (sign.type === 'wake' && retry) {
      begin();
    } else if (sign.type === 'signed-in' && isBegun) {
      // It may be somebody else.
      hasState = false;
      view = { ...view, state: null, phase: 'ready' };
      begin();
    }
  });
  let subscription: { unsubscribe(): void } | null = null;
  subscription = client.stream.onEvent.subscribe(undefined, {
    onData({ data: event }) {
      if (event.type === 'stream.ready') {
        if (!isBegun) {
          begin();
        }
      } else if (event.type === 'stream.reset') {
        begin();
      } else if (event.type !== 'stream.beacon') {
        take(event);
      }
    },
    onError: end,
    onComplete: () => end(null),
  });

  return {
    get: () => view,
    update(change) {
      if (hasState && view.phase !== 'over') {
        show({ state: change(view.state as State) });
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    close() {
      if (view.phase !== 'over') {
        end(null);
      }
    },
  };
}
