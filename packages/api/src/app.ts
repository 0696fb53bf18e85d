import type { Kysely } from 'kysely';
import type { Tables } from './database/tables.ts';
import type { ApiConfig, Deps, Secrets } from './deps.ts';
import type { PasswordHasher } from './features/password/password.hash.ts';
import type { Limiter } from './limits/limiter.ts';
import type { Feeds } from './realtime/feeds.ts';

/** Everything that a call needs and that lives as long as the process. */
export interface App {
  deps: Deps;
  config: ApiConfig;
  secrets: Secrets;
  db: Kysely<Tables>;
  feeds: Feeds;
  limiters: {
    /** In PostgreSQL, whatever happens: for codes and money. */
    durable: Limiter;
    /** For everything else. */
    shared: Limiter;
  };
  hasher: PasswordHasher;
  close(): void;
}
