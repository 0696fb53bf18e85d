import type { Client } from './store.people.ts';

/** What keeps demo data from being written. The message says what, and what to do. */
export class DemoError extends Error {}

/**
 * To be asked before anything is written, be it a migration: the database may be another one than is thought.
 *
 * @throws DemoError when there are people in it, and no fill was begun
 */
export async function refuseOthers(client: Client): Promise<void> {
  const { rows: tables } = await client.query<{ users: string | null; fills: string | null }>(
    `select to_regclass('users') as users, to_regclass('demo.fills') as fills`,
  );
  const { users = null, fills = null } = tables[0] ?? {};
  const begun = fills === null ? [] : (await client.query('select from demo.fills')).rows;
  if (users === null || begun.length > 0) {
    return;
  }
  const { rows } = await client.query('select from users limit 1');
  if (rows.length > 0) {
    throw new DemoError(
      'This database has people in it. Take an empty one, or say --force to write beside them.',
    );
  }
}
