import type { Log } from '../deps.ts';
import type { Pair, PresenceStore } from './presence-store.ts';
import { Watch } from './presence-watch.ts';
import { Rounds } from './rounds.ts';

export interface PresenceWatchesOptions {
  store: PresenceStore;
  report: Log;
}

/** Signs that come together are looked at together. */
const pauseMs = 50;
const mostPairs = 5_000;

/**
 * Who is watched on this node, and by whom. Whatever may have changed is looked up in the store, where
 * the right to see it is judged anew, for all who watch at once.
 */
export class PresenceWatches {
  readonly #store: PresenceStore;
  readonly #watches = new Set<Watch>();
  readonly #byViewer = new Map<string, Set<Watch>>();
  readonly #byPerson = new Map<string, Set<Watch>>();
  /** Those with somebody to look at. */
  readonly #due = new Set<Watch>();
  readonly #rounds: Rounds;

  constructor({ store, report }: PresenceWatchesOptions) {
    this.#store = store;
    this.#rounds = new Rounds({
      work: () => this.#look(),
      pauseMs,
      failed: (error) => report.warn({ err: error }, 'presence could not be looked up'),
    });
  }

  add(viewerId: string, userIds: readonly string[]): Watch {
    const watch = new Watch(viewerId, userIds);
    this.#watches.add(watch);
    enlist(this.#byViewer, viewerId, watch);
    for (const userId of userIds) {
      enlist(this.#byPerson, userId, watch);
    }
    this.#ask(watch);
    return watch;
  }

  remove(watch: Watch): void {
    this.#watches.delete(watch);
    this.#due.delete(watch);
    strike(this.#byViewer, watch.viewerId, watch);
    for (const userId of watch.userIds) {
      strike(this.#byPerson, userId, watch);
    }
  }

  /** A person may have come or gone. */
  review(userId: string): void {
    for (const watch of this.#byPerson.get(userId) ?? []) {
      watch.due.add(userId);
      this.#ask(watch);
    }
  }

  /** What a person shows, or may see, may have changed. */
  reviewRights(userId: string): void {
    this.review(userId);
    this.#reviewAll(this.#byViewer.get(userId) ?? []);
  }

  /** Everything may have changed. */
  recheck(): void {
    this.#reviewAll(this.#watches);
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) {
      watch.end();
    }
    await this.#rounds.close();
  }

  #reviewAll(watches: Iterable<Watch>): void {
    for (const watch of watches) {
      for (const userId of watch.userIds) {
        watch.due.add(userId);
      }
      this.#ask(watch);
    }
  }

  #ask(watch: Watch): void {
    this.#due.add(watch);
    this.#rounds.ask();
  }

  async #look(): Promise<void> {
    const taken = this.#takeDue();
    if (taken.length === 0) {
      return;
    }
    try {
      const states = await this.#store.look(taken.map(({ pair }) => pair));
      for (const [index, { watch, pair }] of taken.entries()) {
        const state = states[index];
        if (state) {
          watch.learn(pair.userId, state);
        }
      }
    } catch (error) {
      for (const { watch, pair } of taken) {
        watch.due.add(pair.userId);
        if (this.#watches.has(watch)) {
          this.#due.add(watch);
        }
      }
      throw error;
    }
    if (this.#due.size > 0) {
      this.#rounds.ask();
    }
  }

  /** Whole watches, as many as one statement may be about. */
  #takeDue(): { watch: Watch; pair: Pair }[] {
    const taken: { watch: Watch; pair: Pair }[] = [];
    for (const watch of this.#due) {
      if (taken.length + watch.due.size > mostPairs) {
        break;
      }
      for (const userId of watch.due) {
        taken.push({ watch, pair: { viewerId: watch.viewerId, userId } });
      }
      watch.due.clear();
      this.#due.delete(watch);
    }
    return taken;
  }
}

function enlist(lists: Map<string, Set<Watch>>, id: string, watch: Watch): void {
  const list = lists.get(id);
  if (list) {
    list.add(watch);
  } else {
    lists.set(id, new Set([watch]));
  }
}

function strike(lists: Map<string, Set<Watch>>, id: string, watch: Watch): void {
  const list = lists.get(id);
  list?.delete(watch);
  if (list?.size === 0) {
    lists.delete(id);
  }
}
