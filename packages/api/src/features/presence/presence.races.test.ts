import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../../testing/index.ts';
import { deleteOrphans } from './presence.repository.ts';
import { createPresenceStore } from './presence.store.ts';

const ttlMs = 45_000;

async function peopleOf(api: TestApi, nodeId: string): Promise<string[]> {
  const rows = await api.app.db
    .selectFrom('presences')
    .select('user_id')
    .where('node_id', '=', nodeId)
    .orderBy('user_id')
    .execute();
  return rows.map((row) => row.user_id);
}

/** Stops whoever deletes this row, behind what it has read, until it is told to go on. */
async function hold(api: TestApi, row: { user_id: string; node_id: string }) {
  const client = await api.database.pool.connect();
  await client.query('begin');
  await client.query('select from presences where user_id = $1 and node_id = $2 for update', [
    row.user_id,
    row.node_id,
  ]);
  // Whatever the statement is: nothing else locks rows here.
  const isWaitedFor = async (): Promise<boolean> => {
    const { rows } = await sql`
      select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(api.app.db);
    return rows.length > 0;
  };
  return {
    untilWaitedFor: () => expect.poll(isWaitedFor).toBe(true),
    async letGo() {
      await client.query('rollback');
      client.release();
    },
  };
}

test('who is on a node that comes back is not taken for left over by a sweep that has begun before', async () => {
  await using api = await createTestApi();
  const store = createPresenceStore(api.app.hot, ttlMs);
  const [slow, dead] = [randomUUID(), randomUUID()];
  // Comes first in any order.
  const orphan = { user_id: '00000000-0000-4000-8000-000000000000', node_id: dead };
  await api.app.db.insertInto('presences').values(orphan).execute();
  const people = Array.from({ length: 20 }, () => randomUUID()).toSorted();
  // After it was swept as dead, and before it knows.
  await store.write(slow, { come: people, gone: [] });
  const held = await hold(api, orphan);
  const sweeping = deleteOrphans(api.app.db);
  await held.untilWaitedFor();
  await expect(store.refresh(slow)).resolves.toEqual({ isNew: true });
  await store.write(slow, { come: people, gone: [] });
  await held.letGo();
  await expect(sweeping).resolves.toBe(1);
  await expect(peopleOf(api, slow)).resolves.toEqual(people);
  await expect(peopleOf(api, dead)).resolves.toEqual([]);
});

test('nodes that come back while one sweeps and another deletes what is left over keep their people', async () => {
  await using api = await createTestApi();
  await using other = await createTestApi({ on: api });
  const store = createPresenceStore(api.app.hot, ttlMs);
  const nodes = Array.from({ length: 4 }, () => randomUUID());
  const people = Array.from({ length: 25 }, () => randomUUID()).toSorted();
  for (let round = 0; round < 100; round += 1) {
    await sql`delete from presence_nodes`.execute(api.app.db);
    const isOver = { all: false };
    const sweeping = [api, other].map(async ({ app }) => {
      while (!isOver.all) {
        await deleteOrphans(app.db);
      }
    });
    await Promise.all(
      nodes.map(async (node) => {
        await store.write(node, { come: people, gone: [] });
        const { isNew } = await store.refresh(node);
        expect(isNew).toBe(true);
        await store.write(node, { come: people, gone: [] });
      }),
    );
    isOver.all = true;
    await Promise.all(sweeping);
    for (const node of nodes) {
      await expect(peopleOf(api, node)).resolves.toEqual(people);
    }
  }
});
