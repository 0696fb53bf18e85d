import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { startEmbeddedPostgres } from '@chapar/embedded-postgres';
import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { migrate } from '../../database/migrations.ts';
import { openDatabase, type Database } from '../../database/orm.ts';
import { Audit } from '../../realtime/audit.ts';
import { Feeds } from '../../realtime/feeds.ts';
import { createMemoryHub } from '../../realtime/memory-hub.ts';
import { createStreamLog, readOpening } from './stream.log.ts';
import { insertEvents, insertMembers, insertStream } from './stream.repository.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const tries = 5;

/** A PostgreSQL of the test's own, as safe as in production, that can lose what it has not flushed. */
async function startPostgres(undo: AsyncDisposableStack) {
  const folder = await mkdtemp(path.join(tmpdir(), 'chapar-crash-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const directory = path.join(folder, 'postgres');
  let postgres = await startEmbeddedPostgres({ directory });
  undo.defer(() => postgres.stop());
  return {
    get url() {
      return postgres.url;
    },
    /** Ends it where it stands, as `pg_ctl stop -m immediate` does, and starts it again. */
    async crash() {
      const pid = Number(
        (await readFile(path.join(directory, 'postmaster.pid'), 'utf8')).split('\n')[0],
      );
      process.kill(pid, 'SIGQUIT');
      await postgres.stop();
      postgres = await startEmbeddedPostgres({ directory });
    },
  };
}

/** The live side of a node, as far as it makes cursors. */
async function startNode(
  database: Database,
  cursorLagMs: number,
): Promise<Feeds & { end(): void }> {
  const log = createStreamLog(database.hot);
  const feeds = new Feeds({ log, hub: createMemoryHub(), report: quiet });
  const audit = new Audit({ feeds, log, report: quiet, auditMs: 5, beaconMs: 60_000, cursorLagMs });
  await audit.start();
  return Object.assign(feeds, {
    end() {
      audit.close();
      feeds.close();
    },
  });
}

/** Uses transaction ids up, of transactions for which nobody waits until they are on the disk. */
async function useIds(database: Database, count: number): Promise<void> {
  await database.pool.query(`
    do $$ begin
      for n in 1..${count} loop
        perform pg_current_xact_id();
        rollback;
      end loop;
    end $$`);
}

async function nextId(database: Database): Promise<bigint> {
  const { rows } = await database.pool.query<{ next: bigint }>(
    'select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next',
  );
  return rows[0]?.next ?? 0n;
}

/** What two nodes have handed out as cursors at the moment of a crash. */
async function cursorsAtCrash(postgres: Awaited<ReturnType<typeof startPostgres>>) {
  const { cursorLagMs } = defaultConfig.stream;
  const database = await openDatabase({ url: postgres.url });
  const [careful, hasty] = [await startNode(database, cursorLagMs), await startNode(database, 0)];
  const until = performance.now() + 2 * cursorLagMs;
  while (performance.now() < until) {
    await useIds(database, 20);
    await wait(5);
  }
  const [lagging, newest] = [careful.safe, hasty.safe];
  await postgres.crash();
  careful.end();
  hasty.end();
  await database.close();
  return { lagging, newest };
}

test(
  'ids that a PostgreSQL gives out again after a crash are above every cursor that a node hands out',
  { timeout: 120_000 },
  async () => {
    await using undo = new AsyncDisposableStack();
    const postgres = await startPostgres(undo);
    const [userId, streamId] = [randomUUID(), randomUUID()];
    const first = await openDatabase({ url: postgres.url });
    await migrate(first);
    await insertStream(first.db, streamId);
    await insertMembers(first.db, streamId, [userId]);
    await first.close();

    for (let round = 1; ; round += 1) {
      const { lagging, newest } = await cursorsAtCrash(postgres);
      const database = await openDatabase({ url: postgres.url });
      undo.defer(() => database.close());
      const isRepeating = (await nextId(database)) < newest;
      if (!isRepeating && round < tries) {
        // All was flushed just before.
        continue;
      }
      expect(isRepeating).toBe(true);
      const event = { streamId, type: 'chat.read', body: '{}' };
      const [seq] = await insertEvents(database.db, [event], new Date());
      // Beyond the newest cursor, which would be refused as one that we cannot have given.
      await useIds(database, Number(newest - (await nextId(database))) + 1);
      const missedBy = async (cursor: bigint): Promise<number[]> => {
        const query = { userId, sessionId: randomUUID(), cursor, limit: 500 };
        const { missed, next } = await readOpening(database.hot, query);
        expect(cursor).toBeLessThan(next);
        return missed.map((found) => found.event.seq);
      };
      await expect(missedBy(newest)).resolves.toEqual([]);
      await expect(missedBy(lagging)).resolves.toEqual([seq]);
      expect(lagging).toBeGreaterThan(0n);
      return;
    }
  },
);
