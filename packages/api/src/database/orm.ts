import { setTimeout as wait } from 'node:timers/promises';
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import type { Kysely } from 'kysely';
import pg from 'pg';
import { migrationList } from './migrations.ts';
import { entities, type Tables } from './tables.ts';
import { giveUpUnheard } from './unheard.ts';

/** The open database: MikroORM for schema and migrations, Kysely on the same pool for queries. */
export interface Database {
  orm: MikroORM;
  db: Kysely<Tables>;
  pool: pg.Pool;
  /**
   * For the statements of `statement.ts`, which are planned once a connection whatever their
   * arguments: PostgreSQL would otherwise plan those with arrays anew each time.
   */
  hot: pg.Pool;
  /** As `hot`, for what sends messages: it may have to wait for a row, and nobody else shall. */
  sends: pg.Pool;
  /**
   * A few connections for the worker of the queue, which opens them with its first job. They have
   * PostgreSQL's plain types: the queue writes the ids of jobs as JSON, which knows no bigint.
   */
  queuePool: pg.Pool;
  /** Makes a connection beside the pool, for what has to live as long as its session. Not open yet. */
  createClient(options?: pg.ClientConfig): pg.Client;
  /** Makes a pool of plain connections whose statements may take as long as they want. */
  createPatientPool(): pg.Pool;
  /** Opens the database once more with such connections: for migrations. */
  openPatient(): Promise<Database>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database` */
  url: string;
  /** Largest number of connections of this process. */
  poolSize?: number;
  /** Longest statement, and longest pause in a transaction; 15,000 when left out, 0 for no end. */
  statementMs?: number;
  onLog?: (message: string) => void;
}

const usualPoolSize = 20;
const queuePoolSize = 5;
/** Few, since those who ask at the same time ask together. */
const hotPoolSize = 6;
const sendPoolSize = 3;
/**
 * The hot statements are looks into indexes, and nothing else. A plan that is made once must not be the
 * one that was best while the tables were empty.
 */
const hotSettings = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  // Many wait for what one of them waits for.
  lock_timeout: 2_000,
};
const connectTimeoutMs = 5_000;
const usualStatementMs = 15_000;
/** A look into an index that takes longer stands in the way of everybody who waits for its lane. */
const hotTimeoutMs = 4_000;
/**
 * Past the end that the server makes, it will not be heard of any more: the connection is silent, and is
 * given up.
 */
const unheardMs = 1_000;
const keepAliveAfterMs = 5_000;
const idleWithinMs = 5_000;
const lookAgainMs = 5;

/**
 * Makes the pool. No connection is opened before the first query.
 *
 * A statement, and a transaction that does nothing, may last 15 s at the most: a forgotten one
 * would hold back the cursor of every stream. A second later a connection without an answer is given up.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { statementMs = usualStatementMs } = options;
  const watch = (one: pg.Pool): void => {
    if (statementMs > 0) {
      one.on('connect', (client) => giveUpUnheard(client, statementMs + unheardMs));
    }
  };
  const orm = new MikroORM({
    entities: [...entities],
    clientUrl: options.url,
    extensions: [Migrator],
    pool: { min: 0, max: options.poolSize ?? usualPoolSize },
    driverOptions: {
      types: columnTypes(),
      connectionTimeoutMillis: connectTimeoutMs,
      ...limitsOf(statementMs),
      application_name: 'chapar',
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveAfterMs,
      onPoolCreated: watch,
    },
    migrations: { migrationsList: await migrationList(), snapshot: false },
    logger: options.onLog ?? (() => undefined),
  });
  const connection = orm.em.getConnection();
  const pool = await connection.getNativeClient();
  // The pool hides its password from those who copy its options.
  const own = { ...pool.options, password: pool.options.password };
  const queuePool = new pg.Pool({ ...own, max: queuePoolSize, types: new pg.TypeOverrides() });
  const prepared = {
    ...own,
    statement_timeout: hotTimeoutMs,
    query_timeout: hotTimeoutMs + unheardMs,
    options: Object.entries(hotSettings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  };
  const hot = new pg.Pool({ ...prepared, max: hotPoolSize });
  const sends = new pg.Pool({ ...prepared, max: sendPoolSize });
  // A connection that is lost is opened anew when it is needed; a query on it fails by itself.
  const ignore = (): void => undefined;
  for (const one of [queuePool, hot, sends]) {
    one.on('error', ignore);
    one.on('connect', (client) => client.on('error', ignore));
  }
  watch(queuePool);
  return {
    orm,
    db: connection.getClient<Tables>(),
    pool,
    queuePool,
    hot,
    sends,
    createClient: (more) => new pg.Client({ ...own, ...more }),
    createPatientPool() {
      const { statement_timeout: _, idle_in_transaction_session_timeout: __, ...rest } = own;
      const patient = new pg.Pool({ ...rest, ...limitsOf(0) });
      patient.on('error', ignore);
      patient.on('connect', (client) => client.on('error', ignore));
      return patient;
    },
    openPatient: () => openDatabase({ ...options, statementMs: 0 }),
    async close() {
      await untilIdle(pool);
      await queuePool.end();
      await hot.end();
      await sends.end();
      await orm.close(true);
    },
  };
}

/** What the server is told. Having no end is said too: a server, or a role, may have one by itself. */
function limitsOf(statementMs: number): pg.ClientConfig {
  return statementMs === 0
    ? { options: '-c statement_timeout=0 -c idle_in_transaction_session_timeout=0' }
    : { statement_timeout: statementMs, idle_in_transaction_session_timeout: statementMs };
}

/**
 * Waits for the queries that still run. Kysely loses a connection that is being opened while it
 * is destroyed, and the pool would wait for that one for ever.
 */
async function untilIdle(pool: pg.Pool): Promise<void> {
  const started = performance.now();
  while (pool.idleCount < pool.totalCount && performance.now() - started < idleWithinMs) {
    await wait(lookAgainMs);
  }
}

/** `timestamptz` is a Date and `bigint` a bigint, as the entities say. */
function columnTypes(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, BigInt);
  return types;
}
