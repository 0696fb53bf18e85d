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

/** A database whose statements may take as long as they want. */
interface Patient {
  orm: MikroORM;
  pool: pg.Pool;
  close(): Promise<void>;
}

/**
 * Brings the database to the newest schema, the job queue's tables included, however long that takes.
 * Nodes that start together take turns: the second finds nothing left to do.
 *
 * @returns names of the migrations that were run
 */
export async function migrate(database: { openPatient(): Promise<Patient> }): Promise<string[]> {
  const patient = await database.openPatient();
  try {
    const { orm, pool } = patient;
    const client = await pool.connect();
    try {
      await client.query('select pg_advisory_lock($1)', [migrationLock]);
      const done = await orm.migrator.up();
      await installJobTables({ pgPool: pool, logger: quietLogger });
      return done.map(({ name }) => name);
    } finally {
      // The lock belongs to the connection: closing it gives the lock back whatever happened.
      client.release(true);
    }
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
