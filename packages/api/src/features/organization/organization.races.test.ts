import { expect, test } from 'vitest';
import {
  atOnce,
  createTestApi,
  expectAppError,
  tally,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';
import { organize, rolesIn, signUpMany } from './test/organizations.ts';

/** Exactly one owner, the same in both tables, and everybody who is in reads the stream. */
async function expectWhole(api: TestApi, organizationId: string): Promise<void> {
  const { rows } = await api.database.pool.query<{ owner: string; owners: string[] }>(
    `select o.owner_id as owner, array_agg(m.user_id::text) as owners
     from organizations o join organization_members m on m.organization_id = o.id and m.role = 'owner'
     where o.id = $1 group by o.owner_id`,
    [organizationId],
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]?.owners).toEqual([rows[0]?.owner]);
  await expect(readersOf(api, organizationId)).resolves.toEqual(
    await membersOf(api, organizationId),
  );
}

async function readersOf(api: TestApi, organizationId: string): Promise<string[]> {
  const { db } = api.app;
  const rows = await db
    .selectFrom('stream_members')
    .select('user_id')
    .where('stream_id', '=', organizationId)
    .orderBy('user_id')
    .execute();
  return rows.map((row) => row.user_id);
}

async function membersOf(api: TestApi, organizationId: string): Promise<string[]> {
  const { db } = api.app;
  const rows = await db
    .selectFrom('organization_members')
    .select('user_id')
    .where('organization_id', '=', organizationId)
    .orderBy('user_id')
    .execute();
  return rows.map((row) => row.user_id);
}

test('twenty people who ask for one handle at the same instant: one gets it', async () => {
  await using api = await createTestApi();
  const people = await signUpMany(api, 20);
  const results = await atOnce(20, (index) => {
    const id = api.app.deps.newId();
    const handle = index % 2 === 0 ? 'chapar' : 'CHAPAR';
    return (
      people[index]?.api.organization.create({ id, name: 'Chapar', handle }) ??
      Promise.reject(new Error('nobody'))
    );
  });
  expect(tally(results)).toEqual({ ok: 1, ORGANIZATION_HANDLE_TAKEN: 19 });
  const rows = await api.app.db.selectFrom('organizations').select('handle').execute();
  expect(rows).toEqual([{ handle: 'chapar' }]);
});

test('one create ten times at once is one organization, told once; ten creates of one person are one', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const asked = { id: api.app.deps.newId(), name: 'Chapar', handle: 'chapar' };
  const same = await atOnce(10, () => sara.api.organization.create(asked));
  expect(tally(same)).toEqual({ ok: 10 });
  const told = await api.app.db
    .selectFrom('stream_events')
    .select('stream_id')
    .where('type', '=', 'organization.joined')
    .execute();
  expect(told).toEqual([{ stream_id: sara.id }]);
  const others = await atOnce(10, (index) =>
    reza.api.organization.create({
      id: api.app.deps.newId(),
      name: 'Chapar',
      handle: `other_${index}`,
    }),
  );
  expect(tally(others)).toEqual({ ok: 1, ORGANIZATION_OWNER_HAS_ONE: 9 });
});

test('two organizations that take each other’s wanted handle at once end with two handles', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const [first, second] = [await organize(api, sara), await organize(api, reza)];
  const results = await atOnce(10, (index) => {
    const [by, organizationId] = index % 2 === 0 ? [sara, first.id] : [reza, second.id];
    return by.api.organization.update({ organizationId, handle: 'wanted' });
  });
  expect(tally(results)).toEqual({ ok: 5, ORGANIZATION_HANDLE_TAKEN: 5 });
});

test('one who is let in ten times at once is in once, and it is told once', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const { id: organizationId } = await organize(api, sara);
  const add = { organizationId, userId: reza.id };
  expect(tally(await atOnce(10, () => sara.api.organization.addMember(add)))).toEqual({ ok: 10 });
  const told = await api.app.db
    .selectFrom('stream_events')
    .select('type')
    .where('type', 'in', ['organization.memberAdded', 'organization.joined'])
    .where('stream_id', 'in', [organizationId, reza.id])
    .orderBy('type')
    .execute();
  expect(told.map(({ type }) => type)).toEqual(['organization.joined', 'organization.memberAdded']);
  await expectWhole(api, organizationId);
});

test('the last place goes to one, here and among what a person may be in', async () => {
  const organization = { members: 3, perUser: 2 };
  await using api = await createTestApi({ config: { organization } });
  const [sara, ...people] = await signUpMany(api, 10);
  if (!sara) {
    throw new Error('somebody');
  }
  const { id: organizationId } = await organize(api, sara);
  const results = await atOnce(people.length, (index) =>
    sara.api.organization.addMember({ organizationId, userId: people[index]?.id ?? '' }),
  );
  expect(tally(results)).toEqual({ ok: 2, ORGANIZATION_FULL: 7 });

  const wanted = await api.signUp();
  const owners = await Promise.all(
    people.slice(0, 6).map(async (owner) => ({ owner, id: (await organize(api, owner)).id })),
  );
  const many = await atOnce(owners.length, (index) => {
    const { owner, id = '' } = owners[index] ?? {};
    return (
      owner?.api.organization.addMember({ organizationId: id, userId: wanted.id }) ??
      Promise.reject(new Error('nobody'))
    );
  });
  expect(tally(many)).toEqual({ ok: 2, ORGANIZATION_TOO_MANY: 4 });
});

test('passing on while the heir leaves or is taken out has one outcome', async () => {
  await using api = await createTestApi();
  for (let round = 0; round < 8; round += 1) {
    const [sara, reza, admin] = await signUpMany(api, 3);
    if (!sara || !reza || !admin) {
      throw new Error('three people');
    }
    const { id: organizationId } = await organize(api, sara, reza, admin);
    const of = (userId: string) => ({ organizationId, userId });
    await sara.api.organization.setRole({ ...of(admin.id), role: 'admin' });
    const [passed, left, removed] = await Promise.allSettled([
      sara.api.organization.transfer(of(reza.id)),
      reza.api.organization.leave({ organizationId }),
      admin.api.organization.removeMember(of(reza.id)),
    ]);
    const ok = [passed, left, removed].filter(({ status }) => status === 'fulfilled');
    expect(ok).toHaveLength(1);
    expect(tally([passed, left, removed])['ok']).toBe(1);
    const roles = new Map(await rolesIn(sara, organizationId));
    if (passed.status === 'fulfilled') {
      expect(roles).toEqual(
        new Map([
          [sara.id, 'admin'],
          [reza.id, 'owner'],
          [admin.id, 'admin'],
        ]),
      );
    } else {
      expect(roles).toEqual(
        new Map([
          [sara.id, 'owner'],
          [admin.id, 'admin'],
        ]),
      );
    }
    await expectWhole(api, organizationId);
  }
});

test('passing on to two people, or to one who makes their own, leaves one owner', async () => {
  await using api = await createTestApi();
  for (let round = 0; round < 5; round += 1) {
    const [sara, reza, mina] = await signUpMany(api, 3);
    if (!sara || !reza || !mina) {
      throw new Error('three people');
    }
    const { id: organizationId } = await organize(api, sara, reza, mina);
    const results = await Promise.allSettled([
      sara.api.organization.transfer({ organizationId, userId: reza.id }),
      organize(api, reza),
      sara.api.organization.transfer({ organizationId, userId: mina.id }),
    ]);
    const counts = tally(results);
    expect((counts['ok'] ?? 0) + (counts['ORGANIZATION_OWNER_HAS_ONE'] ?? 0)).toBeGreaterThan(1);
    expect(counts['Error'] ?? 0).toBe(0);
    await expectWhole(api, organizationId);
  }
});

test('a role given while its bearer is taken out brings nobody back', async () => {
  await using api = await createTestApi();
  for (let round = 0; round < 8; round += 1) {
    const [sara, reza] = await signUpMany(api, 2);
    if (!sara || !reza) {
      throw new Error('two people');
    }
    const { id: organizationId } = await organize(api, sara, reza);
    const ref = { organizationId, userId: reza.id };
    const [removed, set] = await Promise.allSettled([
      sara.api.organization.removeMember(ref),
      sara.api.organization.setRole({ ...ref, role: 'admin' }),
    ]);
    expect(removed.status).toBe('fulfilled');
    if (set.status === 'rejected') {
      expect(tally([set])).toEqual({ ORGANIZATION_MEMBER_NOT_FOUND: 1 });
    }
    await expect(rolesIn(sara, organizationId)).resolves.toEqual([[sara.id, 'owner']]);
    await expectWhole(api, organizationId);
  }
});

test('an admin who loses the role at the same instant takes nobody out afterwards', async () => {
  await using api = await createTestApi();
  for (let round = 0; round < 8; round += 1) {
    const [sara, admin, reza] = await signUpMany(api, 3);
    if (!sara || !admin || !reza) {
      throw new Error('three people');
    }
    const { id: organizationId } = await organize(api, sara, admin, reza);
    const of = (userId: string) => ({ organizationId, userId });
    await sara.api.organization.setRole({ ...of(admin.id), role: 'admin' });
    const [lost, removed] = await Promise.allSettled([
      sara.api.organization.setRole({ ...of(admin.id), role: 'member' }),
      admin.api.organization.removeMember(of(reza.id)),
    ]);
    expect(lost.status).toBe('fulfilled');
    if (removed.status === 'rejected') {
      expect(tally([removed])).toEqual({ ORGANIZATION_RIGHT_MISSING: 1 });
    }
    const log = await eventsOf(api, organizationId);
    const demoted = log.findLastIndex(({ type }) => type === 'organization.memberChanged');
    const gone = log.findIndex(({ type }) => type === 'organization.memberRemoved');
    expect(gone).toBeLessThan(demoted);
    await expectWhole(api, organizationId);
  }
});

async function eventsOf(api: TestApi, streamId: string): Promise<{ type: string }[]> {
  return api.app.db
    .selectFrom('stream_events')
    .select('type')
    .where('stream_id', '=', streamId)
    .orderBy('seq')
    .execute();
}

test('an organization that ends while people come, go and rename is gone, and so is everybody', async () => {
  await using api = await createTestApi();
  for (let round = 0; round < 5; round += 1) {
    const [sara, reza, mina] = await signUpMany(api, 3);
    if (!sara || !reza || !mina) {
      throw new Error('three people');
    }
    const { id: organizationId } = await organize(api, sara, reza);
    const results = await Promise.allSettled([
      sara.api.organization.addMember({ organizationId, userId: mina.id }),
      sara.api.organization.remove({ organizationId }),
      reza.api.organization.leave({ organizationId }),
      sara.api.organization.update({ organizationId, name: 'Late' }),
      sara.api.organization.remove({ organizationId }),
    ]);
    const counts = tally(results);
    expect((counts['ok'] ?? 0) + (counts['ORGANIZATION_NOT_FOUND'] ?? 0)).toBe(5);
    await expect(membersOf(api, organizationId)).resolves.toEqual([]);
    await expect(readersOf(api, organizationId)).resolves.toEqual([]);
    expect((await eventsOf(api, organizationId)).at(-1)).toEqual({ type: 'organization.removed' });
    await expectGone(organizationId, sara);
  }
});

function expectGone(organizationId: string, actor: Actor): Promise<unknown> {
  return expectAppError(actor.api.organization.get({ organizationId }), 'ORGANIZATION_NOT_FOUND');
}
