import type { Log, PresenceConfig } from '../deps.ts';
import type { Hub } from './hub.ts';
import { PresenceSource } from './presence-source.ts';
import type { PresenceStore } from './presence-store.ts';
import type { Watch } from './presence-watch.ts';
import { PresenceWatches } from './presence-watches.ts';
import { Rounds } from './rounds.ts';

export interface PresenceOptions {
  /** Names this process, this time. A UUID. */
  nodeId: string;
  store: PresenceStore;
  hub: Hub;
  report: Log;
  config: PresenceConfig;
}

/** A person's topic begins so; their id follows. It says: look again. */
const signalPrefix = 'presence/';

/** Events after which somebody shows, or may see, more or less than before. */
const aboutRights = new Set([
  'friend.accepted',
  'friend.removed',
  'friend.blocked',
  'friend.unblocked',
  'user.updated',
]);

/**
 * Who is online, on this node and, through the store, everywhere. The hub tells all nodes whom to look
 * at again; what it loses is found by a look at everybody who is watched, twice a minute.
 */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #source: PresenceSource;
  readonly #watches: PresenceWatches;
  readonly #life: Rounds;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #unsubscribe: () => void;
  #isStarted = false;

  constructor(options: PresenceOptions) {
    const { nodeId, store, hub, report, config } = options;
    this.#options = options;
    this.#watches = new PresenceWatches({ store, report });
    this.#source = new PresenceSource({
      nodeId,
      store,
      report,
      flapMs: config.flapMs,
      onWritten: (userIds) => this.#tell(userIds),
    });
    this.#life = new Rounds({
      work: () => this.#live(),
      pauseMs: 0,
      failed: (error) => report.warn({ err: error }, 'presence: the node could not be kept alive'),
    });
    this.#unsubscribe = hub.subscribe({
      event: ({ type, streamId }) => {
        if (aboutRights.has(type)) {
          this.#watches.reviewRights(streamId);
        }
      },
      head: () => undefined,
      signal: ({ topic }) => {
        if (topic.startsWith(signalPrefix)) {
          this.#watches.review(topic.slice(signalPrefix.length));
        }
      },
    });
  }

  /** Makes the node known. */
  async start(): Promise<void> {
    const { store, nodeId, config } = this.#options;
    this.#isStarted = true;
    await store.refresh(nodeId);
    this.#every(config.refreshMs, () => this.#life.ask());
    this.#every(config.recheckMs, () => this.#watches.recheck());
  }

  /** A live stream of a person has begun. @returns to be called at its end; once is enough */
  arrive(userId: string): () => void {
    return this.#source.arrive(userId);
  }

  /** Begins to watch these people, each named once; {@link unwatch} has to follow. */
  watch(viewerId: string, userIds: readonly string[]): Watch {
    return this.#watches.add(viewerId, userIds);
  }

  unwatch(watch: Watch): void {
    this.#watches.remove(watch);
  }

  /** Whoever is online here has the time of a short break to come back elsewhere. */
  async close(): Promise<void> {
    const { store, nodeId, report, config } = this.#options;
    this.#timers.forEach(clearInterval);
    this.#unsubscribe();
    await Promise.all([this.#life.close(), this.#source.close(), this.#watches.close()]);
    if (!this.#isStarted) {
      return;
    }
    try {
      await store.retire(nodeId, config.flapMs);
    } catch (error) {
      report.warn({ err: error }, 'presence: the node will be found dead later');
    }
  }

  async #live(): Promise<void> {
    const { store, nodeId } = this.#options;
    const { isNew } = await store.refresh(nodeId);
    if (isNew) {
      this.#source.writeAll();
    }
    this.#tell(await store.sweep());
  }

  #tell(userIds: readonly string[]): void {
    for (const userId of userIds) {
      this.#options.hub.signal({ topic: `${signalPrefix}${userId}`, json: '{}' });
    }
  }

  #every(ms: number, work: () => void): void {
    const timer = setInterval(work, ms);
    timer.unref();
    this.#timers.push(timer);
  }
}
