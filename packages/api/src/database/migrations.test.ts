import { expect, test } from 'vitest';
import { atOnce, createTestApi, tally } from '../testing/index.ts';
import { migrate } from './migrations.ts';
import { openDatabase } from './orm.ts';
import { createEmptyDatabase } from '../testing/test-database.ts';

/** Checks, partial indexes and triggers are the migrations' own: entities have no words for them. */
const stricter =
  /^set names|drop constraint "\w+_(check|not_self)"|^drop index "\w+_pending_pair"|^drop (trigger|function) if exists "audit_events_/;

test('the migrations make what the entities describe', async () => {
  await using api = await createTestApi();
  const diff = await api.database.orm.schema.getUpdateSchemaSQL({ safe: false });
  const lines = diff.split('\n').filter((line) => line !== '' && !stricter.test(line));
  const ours = lines.filter((line) => !/mikro_orm_migrations|graphile_worker/.test(line));
  expect(ours).toEqual([]);
});

test('nodes that start together on an empty database take turns', async () => {
  await using database = await createEmptyDatabase();
  const results = await atOnce(4, async () => {
    const opened = await openDatabase({ url: database.url });
    try {
      return await migrate(opened);
    } finally {
      await opened.close();
    }
  });
  expect(tally(results)).toEqual({ ok: 4 });
  const done = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  expect(new Set(done).size).toBe(done.length);
  expect(done.length).toBeGreaterThan(0);
});
