import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { defaultConfig } from './config.ts';
import { entities } from './database/tables.ts';
import { day, hour } from './kernel/duration.ts';
import { sweep } from './sweep.ts';
import { atOnce, createTestApi, tally, type Actor, type TestApi } from './testing/index.ts';

/** Codes without a wait in between, for tests in which one number gets several. */
const otp = {
  ...defaultConfig.otp,
  resendSeconds: [0],
  sendsPerContactPer10Minutes: 100,
  sendsPerContactPerDay: 100,
};
/** Cheap hashes: passwords are not what is measured here. */
const hashes = { ...defaultConfig.password, memoryKiB: 64, passes: 1 };
const config = { otp, password: hashes };
const password = 'blue horse 27 stairs';

const nothing = {
  events: 0,
  challenges: 0,
  limits: 0,
  tries: 0,
  audit: 0,
  sessions: 0,
  sms: 0,
  presences: 0,
  reports: 0,
  conversations: 0,
  people: 0,
};

test('a sweep removes what is over and leaves what still counts', async () => {
  await using api = await createTestApi();
  const [sara] = await api.signUpFriends({ byCode: true });
  expect(await sweep(api.app)).toEqual(nothing);
  api.clock.advance(25 * hour);
  expect(await sweep(api.app)).toMatchObject({ events: 0, challenges: 0 });
  api.clock.advance(day);
  expect(await sweep(api.app)).toMatchObject({ events: 0, challenges: 2 });
  await sara.api.user.me().catch(() => undefined);
  api.clock.advance(7 * day);
  const { events } = await sweep(api.app);
  expect(events).toBeGreaterThan(0);
  expect(await api.app.db.selectFrom('stream_events').select('seq').execute()).toEqual([]);
  expect(await sweep(api.app)).toEqual(nothing);
});

interface Standing {
  status: string;
  phone: string | null;
  friends: number;
  sessions: number;
  entries: number;
  lines: number;
}

/** What there is of a person: all of it or nothing. */
async function standingOf(api: TestApi, person: Actor): Promise<Standing | undefined> {
  const { rows } = await api.database.pool.query<Standing>(
    `select status, phone,
      (select count(*)::int from friendships where user_id = u.id) as friends,
      (select count(*)::int from sessions where user_id = u.id and ended_at is null) as sessions,
      (select count(*)::int from audit_events where user_id = u.id) as entries,
      (select count(*)::int from streams where id = u.id) as lines
    from users u where id = $1`,
    [person.id],
  );
  return rows[0];
}

const gone = { status: 'erased', phone: null, friends: 0, sessions: 0, entries: 0, lines: 0 };

/** Somebody with a friend, whose thirty days will be over when the clock says so. */
async function leave(api: TestApi): Promise<[Actor, Actor]> {
  const [person, friend] = await api.signUpFriends();
  await person.api.password.set({ password });
  await person.api.account.remove();
  return [person, friend];
}

/** After a login and an erasure at once: the person is all there and let in, or all gone. */
async function expectWholeOrGone(
  api: TestApi,
  [person, friend]: readonly [Actor, Actor],
  login: PromiseSettledResult<unknown>,
): Promise<void> {
  const { phone } = person;
  const standing = await standingOf(api, person);
  const { items } = await friend.api.friend.list({});
  if (standing?.status === 'erased') {
    expect(standing).toEqual(gone);
    expect(items).toEqual([]);
    const refusals = ['OTP_EXPIRED', 'PASSWORD_WRONG', 'USER_INACTIVE'];
    expect(refusals).toEqual(expect.arrayContaining(Object.keys(tally([login]))));
  } else {
    expect(login).toMatchObject({ value: { isRestored: true, user: { id: person.id } } });
    expect(standing).toMatchObject({ status: 'active', phone, friends: 1, sessions: 1, lines: 1 });
    expect(items.map(({ id }) => id)).toEqual([person.id]);
  }
  await expect(sweep(api.app)).resolves.toMatchObject({ people: 0 });
}

test('A50: two sweeps at once erase everybody once, and friends are told once', async () => {
  await using api = await createTestApi({ config });
  await using node = await createTestApi({ on: api, config });
  const pairs = [];
  for (let i = 0; i < 6; i += 1) {
    pairs.push(await leave(api));
  }
  api.clock.advance(30 * day);
  const swept = await Promise.all([sweep(api.app), sweep(node.app), sweep(api.app)]);
  expect(swept.map(({ people }) => people).reduce((a, b) => a + b)).toBe(6);
  for (const [person] of pairs) {
    await expect(standingOf(api, person)).resolves.toEqual(gone);
  }
  const told = await api.app.db
    .selectFrom('stream_events')
    .select('stream_id')
    .where('type', '=', 'friend.removed')
    .execute();
  expect(told.map((row) => row.stream_id).toSorted()).toEqual(
    pairs.map(([, friend]) => friend.id).toSorted(),
  );
  await expect(sweep(api.app)).resolves.toMatchObject({ people: 0 });
});

test('A50: an erasure that fails half-way leaves the person whole, and everybody else has theirs', async () => {
  await using api = await createTestApi();
  const [[stuck], [other]] = [await leave(api), await leave(api)];
  await api.database.pool.query(`
    create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'no'; end $$;
    create trigger refuse before delete on streams
      for each row when (old.id = '${stuck.id}') execute function refuse();
  `);
  const before = await standingOf(api, stuck);
  expect(before).toMatchObject({ status: 'leaving', friends: 1, lines: 1 });
  api.clock.advance(30 * day);
  await expect(sweep(api.app)).resolves.toMatchObject({ people: 1 });
  await expect(standingOf(api, stuck)).resolves.toEqual(before);
  await expect(standingOf(api, other)).resolves.toEqual(gone);
  expect(api.warnings).toMatchObject([{ userId: stuck.id, message: 'a person is not erased yet' }]);

  await api.database.pool.query('drop trigger refuse on streams');
  await expect(sweep(api.app)).resolves.toMatchObject({ people: 1 });
  await expect(standingOf(api, stuck)).resolves.toEqual(gone);
});

test('A50: who signs in while the sweep runs is whole, or gone', async () => {
  await using api = await createTestApi({ config });
  // A login and an erasure may wait for each other: one of them is then tried again.
  await api.database.pool.query(
    `do $$ begin execute format('alter database %I set deadlock_timeout = 10', current_database()); end $$`,
  );
  await using node = await createTestApi({ on: api, config });
  for (let round = 0; round < 10; round += 1) {
    const pair = await leave(api);
    const [{ phone }] = pair;
    api.clock.advance(30 * day);
    const asked = await api.anonymous().requestCode(phone);
    const back = api.anonymous().at(node);
    const [swept, login] = await Promise.allSettled([
      sweep(node.app),
      setTimeout(round).then(() =>
        round % 2 === 0 ? back.api.otp.verify(asked) : back.api.password.login({ phone, password }),
      ),
    ]);
    expect(swept.status).toBe('fulfilled');
    await expectWholeOrGone(api, pair, login);
  }
});

test('A50: who gives the right password while the account is being erased is whole, or gone', async () => {
  await using api = await createTestApi({ config });
  await using node = await createTestApi({ on: api, config });
  const pair = await leave(api);
  const { pool } = api.database;
  await pool.query(`
    create function wait() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(1); return new; end $$;
    create trigger wait after update on users
      for each row when (new.status = 'erased') execute function wait();
  `);
  const holder = await pool.connect();
  const waiting = async (): Promise<number> => {
    const { rows } = await holder.query(`select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`);
    return rows.length;
  };
  await holder.query('select pg_advisory_lock(1)');
  api.clock.advance(30 * day);
  const swept = sweep(api.app);
  await expect.poll(waiting).toBe(1);
  const [{ phone }] = pair;
  const login = atOnce(1, () => api.anonymous().at(node).api.password.login({ phone, password }));
  await expect.poll(waiting).toBe(2);
  await holder.query('select pg_advisory_unlock(1)');
  holder.release();
  await swept;
  for (const result of await login) {
    await expectWholeOrGone(api, pair, result);
  }
});

test('A50: two people who are erased at the same time take their conversation with them', async () => {
  await using api = await createTestApi({ config });
  await using node = await createTestApi({ on: api, config });
  const [sara, reza] = await api.signUpFriends();
  const { id } = await sara.api.chat.start({ userId: reza.id });
  await sara.say(id, 'hello');
  await sara.api.account.remove();
  api.clock.advance(1);
  await reza.api.account.remove();
  // The first try for Sara fails, so that one node goes on to Reza and the other one takes her;
  // and each takes its time before it commits.
  await api.database.pool.query(`
    create sequence tries;
    create function fail_once() returns trigger language plpgsql as $$ begin
      if old.id = '${sara.id}' and nextval('tries') = 1 then
        perform pg_sleep(0.1);
        raise exception 'no';
      end if;
      return new;
    end $$;
    create trigger fail_once after update on users
      for each row when (new.status = 'erased') execute function fail_once();
    create function take_time() returns trigger language plpgsql as
      $$ begin perform pg_sleep(0.1); return old; end $$;
    create trigger take_time before delete on streams
      for each row execute function take_time();
  `);
  api.clock.advance(30 * day);
  const swept = await Promise.all([sweep(api.app), sweep(node.app)]);
  expect(swept.map(({ people }) => people).reduce((a, b) => a + b)).toBe(2);
  expect(api.warnings).toHaveLength(1);
  for (const table of ['conversations', 'conversation_members', 'messages', 'streams'] as const) {
    const rows = await api.app.db.selectFrom(table).selectAll().execute();
    expect({ table, rows }).toEqual({ table, rows: [] });
  }
});

test('A50: the page about erasure has a row for every table', async () => {
  const page = await readFile(new URL('../../../docs/erasure.md', import.meta.url), 'utf8');
  const rows = page.matchAll(/^\| `(\w+)` \|/gm);
  const tables = entities.map(({ meta }) => meta.tableName);
  expect([...rows].map(([, table = '']) => table).toSorted()).toEqual(tables.toSorted());
});
