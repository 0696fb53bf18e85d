import type { App } from './app.ts';
import type { Database } from './database/orm.ts';
import type { ApiConfig, Deps, Secrets } from './deps.ts';
import { createStreamLog, restartIfMoved } from './features/stream/index.ts';
import { PasswordHasher } from './features/password/index.ts';
import type { Limiter } from './limits/limiter.ts';
import { createMemoryLimiter } from './limits/memory-limiter.ts';
import { createPostgresLimiter } from './limits/postgres-limiter.ts';
import { Feeds } from './realtime/feeds.ts';

export interface AppOptions {
  database: Database;
  deps: Deps;
  config: ApiConfig;
  secrets: Secrets;
  /** Counts what need not be exact after a crash; in memory when left out. */
  sharedLimiter?: Limiter;
}

/** Puts the product together and begins to follow the live log. The database stays the caller's. */
export async function createApp(options: AppOptions): Promise<App> {
  const { database, deps, config, secrets } = options;
  if (await restartIfMoved(database.db)) {
    deps.log.warn({}, 'the database comes from another cluster: live streams begin anew');
  }
  const feeds = new Feeds({
    log: createStreamLog(database.db),
    hub: deps.hub,
    report: deps.log,
    auditMs: config.stream.auditMs,
  });
  await feeds.start();
  return {
    deps,
    config,
    secrets,
    db: database.db,
    feeds,
    limiters: {
      durable: createPostgresLimiter(database.pool),
      shared: options.sharedLimiter ?? createMemoryLimiter(),
    },
    hasher: new PasswordHasher({ random: deps.random, config: config.password }),
    close: () => feeds.close(),
  };
}
