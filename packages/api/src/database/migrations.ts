import { readdir, readFile } from 'node:fs/promises';
import type { MigrationObject } from '@mikro-orm/core';
import { Migration } from '@mikro-orm/migrations';
import type { MikroORM } from '@mikro-orm/postgresql';
import { runMigrations as installJobTables } from 'graphile-worker';
import type pg from 'pg';
import { quietLogger } from './queue.ts';

const folder = new URL('./migrations/', import.meta.url);

/** Any number, the same on every node: who holds this advisory lock migrates. */
const migrationLock = 4_812_019_734;

/**
 * The `.sql` files of the migrations folder in the order of their names. A migration is SQL and
 * nothing else: one that called application code would change when that code does.
 */
export async function migrationList(): Promise<MigrationObject[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const sql = await readFile(new URL(file, folder), 'utf8');
      return { name: file.replace(/\.sql$/, ''), class: sqlMigration(sql) };
    }),
  );
}

/** A database, as far as migrations need it. */
interface Migrated {
  /** Connections whose statements may take as long as they want. */
  createPatientPool(): pg.Pool;
  /** The same, with the ORM. */
  openPatient(): Promise<{ orm: MikroORM; close(): Promise<void> }>;
}

/**
 * Brings the database to the newest schema, the job queue's tables included, however long that takes.
 * Nodes that start together take turns: the second finds nothing left to do.
 *
 * @returns names of the migrations that were run
 */
export async function migrate(database: Migrated): Promise<string[]> {
  const pool = database.createPatientPool();
  try {
    const client = await pool.connect();
    try {
      await client.query('select pg_advisory_lock($1)', [migrationLock]);
      const done = (await isUpToDate(client)) ? [] : await runAll(database);
      await installJobTables({ pgPool: pool, logger: quietLogger });
      return done;
    } finally {
      // The lock belongs to the connection: closing it gives the lock back whatever happened.
      client.release(true);
    }
  } finally {
    await pool.end();
  }
}

/** Whether nothing is left to be run. The ORM would find that out too, but takes a moment to be made. */
async function isUpToDate(client: pg.PoolClient): Promise<boolean> {
  const { rows: tables } = await client.query<{ exists: boolean }>(
    "select to_regclass('mikro_orm_migrations') is not null as exists",
  );
  if (!tables[0]?.exists) {
    return false;
  }
  const { rows } = await client.query<{ name: string }>('select name from mikro_orm_migrations');
  const done = new Set(rows.map(({ name }) => name));
  return (await migrationList()).every(({ name }) => done.has(name));
}

async function runAll(database: Migrated): Promise<string[]> {
  const patient = await database.openPatient();
  try {
    const done = await patient.orm.migrator.up();
    return done.map(({ name }) => name);
  } finally {
    await patient.close();
  }
}

function sqlMigration(sql: string): MigrationObject['class'] {
  return class extends Migration {
    override up(): void {
      this.addSql(sql);
    }
  };
}
