import { expect, test } from 'vitest';
import { atOnce, createTestApi, tally } from '../testing/index.ts';
import { migrate, migrationList } from './migrations.ts';
import { openDatabase } from './orm.ts';
import { createEmptyDatabase } from '../testing/test-database.ts';

/** Checks, partial indexes and triggers are the migrations' own: entities have no words for them. */
const stricter =
  /^set names|drop constraint "\w+_(check|not_self)"|^drop index "(\w+_pending_pair|message_reports_open|conversations_organization|conversations_removed|members_staff|message_search_body|conversations_public|conversations_public_words)"|^drop (trigger|function) if exists "(audit_events|chat)_/;

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

test('a migration takes as long as it takes, and so does the turn that a node waits for', async () => {
  await using database = await createEmptyDatabase();
  const statementMs = 200;
  // Longer than a statement, and than the wait for its end.
  const slowMs = statementMs + 1_000 + 800;
  const server = await openDatabase({ url: database.url });
  const name = new URL(database.url).pathname.slice(1);
  await server.pool.query(`
    alter database ${name} set statement_timeout = ${statementMs};
    create function dawdle() returns event_trigger language plpgsql as $$
    begin
      if tg_tag = 'CREATE SCHEMA' or to_regclass('first_table') is null then
        create table if not exists first_table ();
        perform pg_sleep(${slowMs / 1_000});
      end if;
    end $$;
    create event trigger dawdle on ddl_command_end when tag in ('CREATE TABLE', 'CREATE SCHEMA')
      execute function dawdle()`);
  await server.close();
  const nodes = await Promise.all(
    [1, 2].map(() => openDatabase({ url: database.url, statementMs })),
  );
  const started = performance.now();
  const done = (await Promise.all(nodes.map((node) => migrate(node)))).flat();
  expect(performance.now() - started).toBeGreaterThan(2 * slowMs);
  expect(done).toEqual((await migrationList()).map((migration) => migration.name));
  await Promise.all(nodes.map((node) => node.close()));
});
