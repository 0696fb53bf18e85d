import { randomInt } from 'node:crypto';
import pg from 'pg';
import { expect, test } from 'vitest';
import { startLine } from '../testing/frozen-line.ts';
import { cloneDatabase } from '../testing/test-database.ts';
import { until } from '../testing/hub-listening.ts';
import { PostgresListener } from './postgres-listener.ts';

const random = { bytes: () => Buffer.alloc(0), integer: (below: number) => randomInt(below) };

test('a connection that has fallen silent is closed when a new one takes its place', async () => {
  await using database = await cloneDatabase();
  await using line = await startLine(database.url);
  const made: pg.Client[] = [];
  const heard: string[] = [];
  let ups = 0;
  const listener = new PostgresListener({
    createClient(options) {
      const client = new pg.Client({ connectionString: line.url, ...options });
      made.push(client);
      return client;
    },
    channel: 'silence',
    random,
    onPayload: (payload) => heard.push(payload),
    onUp: () => {
      ups += 1;
    },
    onDown: () => undefined,
  });
  const open = (): number => made.filter(({ connection }) => !connection.stream.destroyed).length;
  for (const round of [1, 2, 3]) {
    await until(() => ups === round);
    expect(open()).toBe(1);
    line.freeze();
    listener.renew();
  }
  await until(() => ups === 4);
  const speaker = new pg.Client(database.url);
  await speaker.connect();
  await speaker.query(`notify silence, 'hi'`);
  await until(() => heard.length > 0);
  expect(heard).toEqual(['hi']);
  expect(open()).toBe(1);
  line.freeze();
  await listener.close();
  expect(open()).toBe(0);
  await speaker.end();
});

test('what a connection says after it was given up is not heard', async () => {
  await using database = await cloneDatabase();
  const made: pg.Client[] = [];
  const heard: string[] = [];
  let ups = 0;
  const listener = new PostgresListener({
    createClient(options) {
      const client = new pg.Client({ connectionString: database.url, ...options });
      made.push(client);
      return client;
    },
    channel: 'late',
    random,
    onPayload: (payload) => heard.push(payload),
    onUp: () => {
      ups += 1;
    },
    onDown: () => undefined,
  });
  await until(() => ups === 1);
  listener.renew();
  await until(() => ups === 2);
  made[0]?.emit('notification', { processId: 1, channel: 'late', payload: 'from before' });
  made[1]?.emit('notification', { processId: 2, channel: 'late', payload: 'from now' });
  expect(heard).toEqual(['from now']);
  await listener.close();
});
