import { expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../../testing/index.ts';
import { organize, signUpMany, typesOn } from './test/organizations.ts';

test('everybody in an organization hears of every change at once, and it says what is new', async () => {
  await using api = await createTestApi();
  const [sara, reza, mina] = await signUpMany(api, 3);
  if (!sara || !reza || !mina) {
    throw new Error('three people');
  }
  const live = await (await reza.listen()).ready();
  const { id: organizationId } = await organize(api, sara, reza);
  await live.until(({ type }) => type === 'organization.memberAdded');
  const joined = live.stored.find(({ type }) => type === 'organization.joined');
  expect(joined).toMatchObject({ streamId: reza.id });
  await expect(reza.api.organization.get({ organizationId })).resolves.toEqual(joined?.body);

  await sara.api.organization.addMember({ organizationId, userId: mina.id });
  await sara.api.organization.setRole({ organizationId, userId: mina.id, role: 'admin' });
  const updated = await mina.api.organization.update({ organizationId, name: 'چاپار' });
  await sara.api.organization.removeMember({ organizationId, userId: mina.id });
  await sara.api.organization.transfer({ organizationId, userId: reza.id });
  await live.until(
    (event) => event.type === 'organization.updated' && event.body.ownerId === reza.id,
  );
  const heard = live.stored.filter(({ streamId }) => streamId === organizationId);
  expect(heard.map(({ type }) => type)).toEqual([
    'organization.memberAdded',
    'organization.memberAdded',
    'organization.memberChanged',
    'organization.updated',
    'stream.left',
    'organization.memberRemoved',
    'organization.memberChanged',
    'organization.memberChanged',
    'organization.updated',
  ]);
  const { role: _own, ...facts } = updated;
  expect(heard[3]?.body).toEqual(facts);
  expect(heard[2]?.body).toMatchObject({ organizationId, user: { id: mina.id }, role: 'admin' });
  expect(heard[5]?.body).toEqual({ organizationId, userId: mina.id });
  expect(heard.slice(6, 8).map(({ body }) => body)).toMatchObject([
    { user: { id: sara.id }, role: 'admin' },
    { user: { id: reza.id }, role: 'owner' },
  ]);
  live.stop();
});

test('what changes nothing is told to nobody', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await signUpMany(api, 2);
  if (!sara || !reza) {
    throw new Error('two people');
  }
  const { id: organizationId, name, handle } = await organize(api, sara, reza);
  const count = async (): Promise<number> => {
    const rows = await api.app.db.selectFrom('stream_events').select('seq').execute();
    return rows.length;
  };
  const before = await count();
  const { organization } = sara.api;
  await organization.create({ id: organizationId, name, handle });
  await organization.update({ organizationId, name, handle });
  await organization.update({ organizationId });
  await organization.addMember({ organizationId, userId: reza.id });
  await organization.setRole({ organizationId, userId: reza.id, role: 'member' });
  await organization.transfer({ organizationId, userId: sara.id });
  await expect(count()).resolves.toBe(before);
});

test('who is taken out hears nothing more of the organization, connected or coming back', async () => {
  await using api = await createTestApi();
  await using other = await createTestApi({ on: api });
  const [sara, reza, mina] = await signUpMany(api, 3);
  if (!sara || !reza || !mina) {
    throw new Error('three people');
  }
  const { id: organizationId } = await organize(api, sara, reza, mina);
  const here = await (await reza.listen()).ready();
  const there = await (await reza.at(other).listen()).ready();
  const away = await (await reza.listen()).ready();
  away.stop();
  const stays = await (await mina.listen()).ready();
  await sara.api.organization.removeMember({ organizationId, userId: reza.id });
  await sara.api.organization.update({ organizationId, name: 'Secret' });
  await stays.until(({ type }) => type === 'organization.updated');
  expect(typesOn(stays, organizationId)).toEqual([
    'stream.left',
    'organization.memberRemoved',
    'organization.updated',
  ]);
  for (const live of [here, there]) {
    await live.until((event) => event.type === 'stream.left' && event.streamId === reza.id);
    await live.until(({ type }) => type === 'stream.beacon');
    expect(typesOn(live, organizationId)).toEqual(['stream.left']);
    live.stop();
  }
  const back = await (await reza.listen(away.lastEventId)).ready();
  expect(typesOn(back, organizationId)).toEqual([]);
  expect(typesOn(back, reza.id)).toContain('stream.left');
  back.stop();

  await sara.api.organization.addMember({ organizationId, userId: reza.id });
  const again = await (await reza.listen()).ready();
  await sara.api.organization.update({ organizationId, name: 'Open' });
  await again.until((event) => event.type === 'organization.updated' && event.body.name === 'Open');
  again.stop();
  stays.stop();
});

test('an organization that ends is gone for everybody in it, connected or coming back', async () => {
  await using api = await createTestApi();
  const [sara, reza, mina] = await signUpMany(api, 3);
  if (!sara || !reza || !mina) {
    throw new Error('three people');
  }
  const { id: organizationId } = await organize(api, sara, reza, mina);
  const live = await (await reza.listen()).ready();
  const away = await (await mina.listen()).ready();
  away.stop();
  await sara.api.organization.remove({ organizationId });
  await live.until((event) => event.type === 'stream.left' && event.streamId === reza.id);
  await live.until(({ type }) => type === 'organization.removed');
  expect(typesOn(live, organizationId)).toEqual(['organization.removed']);
  live.stop();
  const back = await (await mina.listen(away.lastEventId)).ready();
  expect(back.stored.map(({ streamId, type, body }) => ({ streamId, type, body }))).toContainEqual({
    streamId: mina.id,
    type: 'stream.left',
    body: { streamId: organizationId, userId: mina.id },
  });
  back.stop();
  for (const person of [sara, reza, mina]) {
    await expect(person.api.organization.list({})).resolves.toMatchObject({ items: [] });
  }
});

/** Lets people in who exist in the database only. */
async function fill(api: TestApi, organizationId: string, count: number): Promise<void> {
  const { pool } = api.database;
  await pool.query(
    `with people as (
       insert into users (id, phone, kind, role, status, created_at)
       select gen_random_uuid(), '+98930' || lpad(n::text, 7, '0'), 'personal', 'user', 'active', now()
       from generate_series(1, $2::int) n returning id
     ), lines as (
       insert into streams (id, head_seq, head_pos) select id, 0, 0 from people
     ), places as (
       insert into stream_members (user_id, stream_id, after_seq) select id, $1, 0 from people
     )
     insert into organization_members (organization_id, user_id, role, created_at)
     select $1, id, 'member', now() from people`,
    [organizationId, count],
  );
}

test('to end an organization takes no more statements for ten thousand people than for one', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await signUpMany(api, 2);
  if (!sara || !reza) {
    throw new Error('two people');
  }
  const { pool } = api.database;
  let statements = 0;
  api.app.db = api.app.db.withPlugin({
    transformQuery({ node }) {
      statements += 1;
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  });
  const counts: number[] = [];
  for (const more of [0, 9_998]) {
    const { id: organizationId } = await organize(api, sara, reza);
    await fill(api, organizationId, more);
    const before = statements;
    await sara.api.organization.remove({ organizationId });
    counts.push(statements - before);
    const { rows } = await pool.query<{ left: bigint }>(
      `select count(*) as left from stream_events
       where type = 'stream.left' and body->>'streamId' = $1`,
      [organizationId],
    );
    expect(Number(rows[0]?.left)).toBe(more + 2);
  }
  expect(counts[0]).toBeGreaterThan(3);
  expect(counts[1]).toBe(counts[0]);
});
