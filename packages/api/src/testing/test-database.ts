import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The migrated template database that every test database is a copy of. */
    templateUrl: string;
  }
}

/** A database of its own for one test. */
export interface TestDatabase extends AsyncDisposable {
  url: string;
  drop(): Promise<void>;
}

/** Copies the migrated template: a fresh database in some milliseconds. */
export function cloneDatabase(): Promise<TestDatabase> {
  return create(new URL(inject('templateUrl')).pathname.slice(1));
}

/** A database without tables. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return create('template0');
}

async function create(source: string): Promise<TestDatabase> {
  const template = new URL(inject('templateUrl'));
  const admin = new URL(template);
  admin.pathname = '/postgres';
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await run(admin, `create database ${name} template ${source} strategy file_copy`);
  const url = new URL(template);
  url.pathname = `/${name}`;
  const drop = (): Promise<void> => run(admin, `drop database if exists ${name} with (force)`);
  return { url: url.href, drop, [Symbol.asyncDispose]: drop };
}

async function run(url: URL, statement: string): Promise<void> {
  const client = new pg.Client(url.href);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
