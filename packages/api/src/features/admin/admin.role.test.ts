import { expect, test } from 'vitest';
import {
  createTestApi,
  expectAppError,
  tally,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';

const reason = 'spam in many chats';
const password = 'blue horse 27 stairs';
const roles = ['user', 'staff', 'admin'] as const;

type Role = (typeof roles)[number];

const acts: Record<string, (by: Actor, userId: string) => Promise<unknown>> = {
  deactivateUser: (by, userId) => by.api.admin.deactivateUser({ userId, reason }),
  reactivateUser: (by, userId) => by.api.admin.reactivateUser({ userId }),
  setPassword: (by, userId) => by.api.admin.setPassword({ userId, password }),
  raise: (by, userId) => by.api.admin.setRole({ userId, role: 'admin' }),
  lower: (by, userId) => by.api.admin.setRole({ userId, role: 'user' }),
  listEvents: (by, userId) => by.api.admin.listEvents({ userId }),
};

async function signUpAs(api: TestApi, role: Role): Promise<Actor> {
  return role === 'user' ? api.signUp() : api.signUp({ role });
}

async function roleOf(api: TestApi, person: Actor): Promise<string> {
  const row = await api.app.db
    .selectFrom('users')
    .select('role')
    .where('id', '=', person.id)
    .executeTakeFirstOrThrow();
  return row.role;
}

test('A51: who may do what to whom, for every act of staff and every pair of roles', async () => {
  await using api = await createTestApi();
  const table: Record<string, Record<string, string>> = {};
  const people = new Map<Role, Actor>();
  for (const role of roles) {
    people.set(role, await signUpAs(api, role));
  }
  for (const role of roles) {
    const by = await signUpAs(api, role);
    for (const [act, run] of Object.entries(acts)) {
      for (const [of, { id }] of people) {
        const result = Object.keys(tally(await Promise.allSettled([run(by, id)])));
        table[`${role} ${act}`] = { ...table[`${role} ${act}`], [of]: result.join(',') };
        const asBefore = { role: of, status: 'active' as const };
        await api.app.db.updateTable('users').set(asBefore).where('id', '=', id).execute();
      }
    }
  }
  const all = (answer: string) => ({ user: answer, staff: answer, admin: answer });
  const below = { user: 'ok', staff: 'ok', admin: 'ADMIN_RANK' };
  expect(table).toEqual({
    ...Object.fromEntries(Object.keys(acts).map((act) => [`user ${act}`, all('STAFF_ONLY')])),
    'staff deactivateUser': { user: 'ok', staff: 'ADMIN_RANK', admin: 'ADMIN_RANK' },
    'staff reactivateUser': { user: 'ok', staff: 'ADMIN_RANK', admin: 'ADMIN_RANK' },
    'staff setPassword': all('ADMIN_ONLY'),
    'staff raise': all('ADMIN_ONLY'),
    'staff lower': all('ADMIN_ONLY'),
    'staff listEvents': { user: 'ok', staff: 'ok', admin: 'ADMIN_RANK' },
    'admin deactivateUser': below,
    'admin reactivateUser': below,
    'admin setPassword': below,
    'admin raise': below,
    'admin lower': below,
    'admin listEvents': all('ok'),
  });
});

test('A51: nobody raises, closes or opens themselves', async () => {
  await using api = await createTestApi();
  const refusals: Record<Role, [string, string]> = {
    user: ['STAFF_ONLY', 'STAFF_ONLY'],
    staff: ['ADMIN_RANK', 'ADMIN_ONLY'],
    admin: ['ADMIN_RANK', 'ADMIN_RANK'],
  };
  for (const role of roles) {
    const person = await signUpAs(api, role);
    const [onStanding, onRole] = refusals[role];
    const { deactivateUser, reactivateUser, setRole } = person.api.admin;
    const userId = person.id;
    const results = await Promise.allSettled([
      deactivateUser({ userId, reason }),
      reactivateUser({ userId }),
      setRole({ userId, role: 'admin' }),
      setRole({ userId, role: 'user' }),
    ]);
    expect(results.map((result) => Object.keys(tally([result])))).toEqual([
      [onStanding],
      [onStanding],
      [onRole],
      [onRole],
    ]);
    await expect(roleOf(api, person)).resolves.toBe(role);
    await expect(person.api.user.me()).resolves.toBeDefined();
  }
});

test('A51: a role counts from the next call on, in sessions that are there already', async () => {
  await using api = await createTestApi();
  const [admin, sara] = [await api.signUp({ role: 'admin' }), await api.signUp()];
  const live = await (await sara.listen()).ready();
  const { setRole } = admin.api.admin;
  const look = () => sara.api.admin.listEvents({ userId: sara.id });
  await expectAppError(look(), 'STAFF_ONLY');
  await setRole({ userId: sara.id, role: 'staff' });
  const { items } = await look();
  expect(items[0]).toMatchObject({
    type: 'role-changed',
    actorId: admin.id,
    detail: { from: 'user', to: 'staff' },
  });
  await live.until(({ type }) => type === 'account.alert');
  // The same role once more is no change.
  await setRole({ userId: sara.id, role: 'staff' });
  await setRole({ userId: sara.id, role: 'user' });
  await expectAppError(look(), 'STAFF_ONLY');
  const changes = await api.app.db
    .selectFrom('audit_events')
    .select('id')
    .where('type', '=', 'role-changed')
    .execute();
  expect(changes).toHaveLength(2);
  live.stop();
});

test('A51: two administrators who lower and raise one person at once take turns', async () => {
  await using api = await createTestApi();
  const [one, two] = [await api.signUp({ role: 'admin' }), await api.signUp({ role: 'admin' })];
  const sara = await api.signUp({ role: 'staff' });
  const userId = sara.id;
  const results = await Promise.allSettled([
    one.api.admin.setRole({ userId, role: 'admin' }),
    two.api.admin.setRole({ userId, role: 'user' }),
  ]);
  const role = await roleOf(api, sara);
  // Raised first she is out of reach; lowered first she is raised from there.
  expect([role, tally(results)]).toEqual(
    results[1].status === 'fulfilled' ? ['admin', { ok: 2 }] : ['admin', { ok: 1, ADMIN_RANK: 1 }],
  );
});

test('A51: people that there are not, or no more, are not found', async () => {
  await using api = await createTestApi();
  const [admin, sara] = [await api.signUp({ role: 'admin' }), await api.signUp()];
  await api.app.db
    .updateTable('users')
    .set({ status: 'erased', phone: null })
    .where('id', '=', sara.id)
    .execute();
  for (const userId of [sara.id, api.app.deps.newId()]) {
    for (const run of Object.values(acts)) {
      await expectAppError(run(admin, userId), 'USER_NOT_FOUND');
    }
  }
});
