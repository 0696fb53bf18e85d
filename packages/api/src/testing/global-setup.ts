import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '@chapar/embedded-postgres';
import type { TestProject } from 'vitest/node';
import { migrate } from '../database/migrations.ts';
import { openDatabase } from '../database/orm.ts';

/** One PostgreSQL for the whole run, with a migrated database that tests copy. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'chapar-test-'));
  await chmod(folder, 0o755);
  const postgres = await startEmbeddedPostgres({
    directory: path.join(folder, 'postgres'),
    database: 'chapar_template',
    durable: false,
  });
  const database = await openDatabase({ url: postgres.url });
  await migrate(database);
  await database.close();
  project.provide('templateUrl', postgres.url);
  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
