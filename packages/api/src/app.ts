import type { KeyObject } from 'node:crypto';
import type { Kysely } from 'kysely';
import type pg from 'pg';
import type { Db, Tables } from './database/tables.ts';
import type { ApiConfig, Deps, Secrets } from './deps.ts';
import type { MessageWriter } from './features/chat/chat.writer.ts';
import type { SearchTurns } from './features/chat/chat.search.turns.ts';
import type { SendPace } from './features/chat/chat.send.pace.ts';
import type { PasswordHasher } from './features/password/password.hash.ts';
import type { ActorReader } from './features/session/session.actors.ts';
import type { UserReader } from './features/user/user.reader.ts';
import type { Limiter } from './limits/limiter.ts';
import type { Pace } from './limits/pace.ts';
import type { Feeds } from './realtime/feeds.ts';
import type { LiveEvent } from './realtime/live-event.ts';
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
  /** How fast messages come. */
  sendPace: SendPace;
  /** How many search at once. */
  searchTurns: SearchTurns;
  hasher: PasswordHasher;
  /** From which the tokens of invite links are made. */
  inviteKey: KeyObject;
  organizationLeft: readonly OrganizationLeft[];
  friendshipChanged: readonly FriendshipChanged[];
  close(): Promise<void>;
}

/**
 * What another feature does when people go from an organization, or all do because it ends; see
 * `loseMembers` of the organization feature.
 *
 * @param call as far as it is known here: a `Pick<Call, 'app' | 'now'>`
 * @param tx the `Tx` in which they go
 */
export type OrganizationLeft = (
  call: { app: App; now: Date },
  tx: { db: Db; told: LiveEvent[] },
  left: { organizationId: string; userIds: readonly string[] | 'all' },
) => Promise<void>;

/**
 * What another feature does when two people become friends, or are friends no more; in the transaction in
 * which it happens, before anything is told.
 */
export type FriendshipChanged = (
  call: { app: App; now: Date },
  tx: { db: Db; told: LiveEvent[] },
  pair: readonly [string, string],
) => Promise<void>;
