import type { PresenceEvent, PresenceView } from '@chapar/contract';
import type { PresenceState } from './presence-store.ts';
import { Wake } from './wake.ts';

/**
 * One subscription to some people. It holds one state of each at the most: what was not taken in time
 * gives way to what is newer.
 */
export class Watch {
  readonly viewerId: string;
  readonly userIds: readonly string[];
  /** Who has to be looked at again. */
  readonly due: Set<string>;
  /** What the subscriber was told; before the snapshot, what it is going to be told. */
  readonly #known = new Map<string, PresenceState>();
  readonly #news = new Map<string, PresenceState>();
  #hasSnapshot = false;
  #isOver = false;
  readonly #wake = new Wake();

  constructor(viewerId: string, userIds: readonly string[]) {
    this.viewerId = viewerId;
    this.userIds = userIds;
    this.due = new Set(userIds);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What the subscriber may see of a person at this moment. */
  learn(userId: string, state: PresenceState): void {
    if (!this.#hasSnapshot) {
      this.#known.set(userId, state);
    } else if (isSame(this.#known.get(userId), state)) {
      this.#news.delete(userId);
    } else {
      this.#news.set(userId, state);
    }
    if (this.#isReady) {
      this.#wake.call();
    }
  }

  end(): void {
    this.#isOver = true;
    this.#wake.call();
  }

  /** Takes what there is to tell: first everybody, then one by one. */
  take(): PresenceEvent[] {
    if (!this.#isReady) {
      return [];
    }
    if (!this.#hasSnapshot) {
      this.#hasSnapshot = true;
      const people = [...this.#known].map(([userId, state]) => toView(userId, state));
      return [{ type: 'presence.snapshot', people }];
    }
    const news = [...this.#news];
    this.#news.clear();
    return news.map(([userId, state]) => {
      this.#known.set(userId, state);
      return { type: 'presence.changed', ...toView(userId, state) };
    });
  }

  /** Resolves when there is something to take, the watch is over, or the call is. */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.#isReady || this.#isOver || signal.aborted) {
      return;
    }
    await this.#wake.wait(signal);
  }

  get #isReady(): boolean {
    return this.#hasSnapshot ? this.#news.size > 0 : this.#known.size === this.userIds.length;
  }
}

function isSame(a: PresenceState | undefined, b: PresenceState): boolean {
  return a?.isOnline === b.isOnline && a.lastSeenAt === b.lastSeenAt;
}

function toView(userId: string, { isOnline, lastSeenAt }: PresenceState): PresenceView {
  return { userId, isOnline, lastSeenAt };
}
