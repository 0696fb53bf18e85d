import type { App } from './app.ts';
import type { Database } from './database/orm.ts';
import type { ApiConfig, Deps, Secrets } from './deps.ts';
import {
  createInviteKey,
  createMessageWriter,
  createSendPace,
  createTypingPace,
  followFriendship,
  leaveOrganization,
  SearchTurns,
} from './features/chat/index.ts';
import { createPresenceStore } from './features/presence/index.ts';
import { createStreamLog, restartIfMoved } from './features/stream/index.ts';
import { PasswordHasher } from './features/password/index.ts';
import { createActorReader } from './features/session/index.ts';
import { createUserReader } from './features/user/index.ts';
import type { Limiter } from './limits/limiter.ts';
import { createMemoryLimiter } from './limits/memory-limiter.ts';
import { createPostgresLimiter } from './limits/postgres-limiter.ts';
import { Audit } from './realtime/audit.ts';
import { Feeds } from './realtime/feeds.ts';
import { Presence } from './realtime/presence.ts';

export interface AppOptions {
  database: Database;
  deps: Deps;
  config: ApiConfig;
  secrets: Secrets;
  /** Counts what need not be exact after a crash; in memory when left out. */
  sharedLimiter?: Limiter;
  /** False for a process that has no sockets: it follows nothing. */
  isLive?: boolean;
}

/** Puts the product together and begins to follow the live log. The database stays the caller's. */
export async function createApp(options: AppOptions): Promise<App> {
  const { database, deps, config, secrets } = options;
  if (await restartIfMoved(database, deps.clock.now())) {
    deps.log.warn({}, 'the database comes from another cluster: live streams begin anew');
  }
  const log = createStreamLog(database.hot);
  const feeds = new Feeds({ log, hub: deps.hub, report: deps.log });
  const { auditMs, beaconMs, cursorLagMs } = config.stream;
  const audit = new Audit({ feeds, log, report: deps.log, auditMs, beaconMs, cursorLagMs });
  const presence = new Presence({
    nodeId: deps.newId(),
    store: createPresenceStore(database.hot, config.presence.ttlMs),
    hub: deps.hub,
    report: deps.log,
    config: config.presence,
  });
  const close = async (): Promise<void> => {
    audit.close();
    feeds.close();
    await presence.close();
  };
  if (options.isLive ?? true) {
    try {
      await audit.start();
      await presence.start();
    } catch (error) {
      await close();
      throw error;
    }
  }
  return {
    deps,
    config,
    secrets,
    db: database.db,
    pool: database.pool,
    hot: database.hot,
    actors: createActorReader(database.hot),
    users: createUserReader(database.hot),
    writer: createMessageWriter({ hot: database.hot, sends: database.sends, hub: deps.hub }),
    feeds,
    presence,
    limiters: {
      durable: createPostgresLimiter(database.pool),
      shared: options.sharedLimiter ?? createMemoryLimiter(),
    },
    typing: createTypingPace(),
    sendPace: createSendPace(config.chat),
    searchTurns: new SearchTurns(),
    hasher: new PasswordHasher({ random: deps.random, config: config.password }),
    inviteKey: createInviteKey(secrets.seal),
    organizationLeft: [leaveOrganization],
    friendshipChanged: [followFriendship],
    close,
  };
}
