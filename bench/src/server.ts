import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '@chapar/embedded-postgres';
import pg from 'pg';
import { startProcess } from './harness/process.ts';

const main = fileURLToPath(new URL('../../apps/server/src/main.mjs', import.meta.url));

/** Everything of a server that is measured. It ends with the block that it was started in. */
export interface BenchServer extends AsyncDisposable {
  url: string;
  /** A connection to its database. */
  db: pg.Client;
}

/**
 * Starts the whole server in a process of its own, on a PostgreSQL of its own in a folder that is
 * removed afterwards.
 *
 * @param env what differs from the defaults of development
 */
export async function startServer(env: Record<string, string>): Promise<BenchServer> {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'chapar-bench-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  // PostgreSQL does not run as root: another user has to get through.
  await chmod(folder, 0o755);
  const postgres = await startEmbeddedPostgres({ directory: path.join(folder, 'postgres') });
  undo.defer(() => postgres.stop());
  const server = await startProcess([process.execPath, [main]], {
    DATABASE_URL: postgres.url,
    DATA_DIR: path.join(folder, 'data'),
    PORT: '0',
    ...env,
  });
  undo.use(server);
  const { url } = server;
  const db = new pg.Client(postgres.url);
  await db.connect();
  undo.defer(() => db.end());
  const opened = undo.move();
  return { url, db, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
