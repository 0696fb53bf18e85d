import type { Kysely } from 'kysely';
import type pg from 'pg';
import type { Tables } from './database/tables.ts';
import type { ApiConfig, Deps, Secrets } from './deps.ts';
import type { MessageWriter } from './features/chat/chat.writer.ts';
import type { PasswordHasher } from './features/password/password.hash.ts';
import type { ActorReader } from './features/session/session.actors.ts';
import type { UserReader } from './features/user/user.reader.ts';
import type { Limiter } from './limits/limiter.ts';
import type { Pace } from './limits/pace.ts';
import type { Feeds } from './realtime/feeds.ts';
import type { Presence } from './realtime/presence.ts';

/** Everything that a call needs and that lives as long as the process. */
export interface App {
  deps: Deps;
  config: ApiConfig;
  secrets: Secrets;
  db: Kysely<Tables>;
  /** The pool of `db`, for statements of `database/statement.ts` that may have to wait for a row. */
  pool: pg.Pool;
  /** For the other statements of `database/statement.ts`. */
  hot: pg.Pool;
  feeds: Feeds;
  presence: Presence;
  actors: ActorReader;
  users: UserReader;
  writer: MessageWriter;
  limiters: {
    /** In PostgreSQL, whatever happens: for codes and money. */
    durable: Limiter;
    /** For everything else. */
    shared: Limiter;
  };
  /** Who has just told that they type. */
  typing: Pace;
  hasher: PasswordHasher;
  close(): Promise<void>;
}
