import type { App } from './app.ts';
import type { Database } from './database/orm.ts';
import type { ApiConfig, Deps, Secrets } from './deps.ts';
import { createStreamLog, restartIfMoved } from './features/stream/index.ts';
import { Feeds } from './realtime/feeds.ts';

export interface AppOptions {
  database: Database;
  deps: Deps;
  config: ApiConfig;
  secrets: Secrets;
}

/** Puts the product together and begins to follow the live log. The database stays the caller's. */
export async function createApp({ database, deps, config, secrets }: AppOptions): Promise<App> {
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
    close: () => feeds.close(),
  };
}
