import type { Kysely } from 'kysely';
import type { Database } from './database/orm.ts';
import type { Tables } from './database/tables.ts';
import type { ApiConfig, Deps, Secrets } from './deps.ts';
import { createStreamLog } from './features/stream/index.ts';
import { Feeds } from './realtime/feeds.ts';

/** Everything that a call needs and that lives as long as the process. */
export interface App {
  deps: Deps;
  config: ApiConfig;
  secrets: Secrets;
  db: Kysely<Tables>;
  feeds: Feeds;
  close(): void;
}

export interface AppOptions {
  database: Database;
  deps: Deps;
  config: ApiConfig;
  secrets: Secrets;
}

/** Puts the product together and begins to follow the live log. The database stays the caller's. */
export async function createApp({ database, deps, config, secrets }: AppOptions): Promise<App> {
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
    close: () => feeds.close(),
  };
}
