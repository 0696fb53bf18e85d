import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { createTestApi, expectAppError } from '../../testing/index.ts';
import { findOrganizationMembers, findOrganizationRole } from './index.ts';
import { organize, rolesIn, signUpMany } from './test/organizations.ts';

test('who makes an organization owns it, and making it again gets the same', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const asked = { id: api.app.deps.newId(), name: ' چاپارخانه ', handle: ' Chapar_01 ' };
  const view = await sara.api.organization.create(asked);
  expect(view).toEqual({
    id: asked.id,
    name: 'چاپارخانه',
    handle: 'chapar_01',
    ownerId: sara.id,
    role: 'owner',
    createdAt: api.clock.now().toISOString(),
  });
  await expect(sara.api.organization.create(asked)).resolves.toEqual(view);
  for (const other of [{ name: 'Other' }, { handle: 'other' }]) {
    const data = await expectAppError(
      sara.api.organization.create({ ...asked, ...other }),
      'ORGANIZATION_ID_TAKEN',
    );
    expect(data).toEqual({ id: asked.id });
  }
  await expectAppError(reza.api.organization.create(asked), 'ORGANIZATION_ID_TAKEN');
  await expect(sara.api.organization.list({})).resolves.toEqual({
    items: [view],
    nextCursor: null,
  });
  await expect(rolesIn(sara, asked.id)).resolves.toEqual([[sara.id, 'owner']]);
});

test('an id that is something else’s makes no organization', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  for (const id of [reza.id, sara.id]) {
    await expectAppError(
      sara.api.organization.create({ id, name: 'Chapar', handle: 'chapar' }),
      'ORGANIZATION_ID_TAKEN',
    );
  }
});

test('a person owns one organization, and a handle belongs to one for ever', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  const create = (by: typeof sara, handle: string) =>
    by.api.organization.create({ id: api.app.deps.newId(), name: 'Chapar', handle });
  const { id: organizationId } = await create(sara, 'chapar');
  await expectAppError(create(sara, 'second'), 'ORGANIZATION_OWNER_HAS_ONE');
  await expectAppError(create(reza, 'CHAPAR'), 'ORGANIZATION_HANDLE_TAKEN');
  await sara.api.organization.update({ organizationId, handle: 'chapar_new' });
  await expectAppError(create(reza, 'chapar'), 'ORGANIZATION_HANDLE_TAKEN');
  await sara.api.organization.update({ organizationId, handle: 'Chapar' });
  await sara.api.organization.remove({ organizationId });
  for (const handle of ['chapar', 'chapar_new']) {
    await expectAppError(create(reza, handle), 'ORGANIZATION_HANDLE_TAKEN');
  }
  // A create that comes late makes nothing anew.
  await expectAppError(
    sara.api.organization.create({ id: organizationId, name: 'Chapar', handle: 'chapar' }),
    'ORGANIZATION_ID_TAKEN',
  );
  await expect(create(sara, 'second')).resolves.toMatchObject({ role: 'owner' });
});

test('a name is one line of 45 characters, a handle has Latin letters, digits and underscores', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const id = api.app.deps.newId();
  const create = (name: string, handle: string) =>
    sara.api.organization.create({ id, name, handle });
  for (const handle of [
    'ab',
    '1abc',
    '_abc',
    'a-bc',
    'a bc',
    'چاپار',
    'ａbc',
    `a${'b'.repeat(45)}`,
  ]) {
    await expect(create('Chapar', handle)).rejects.toThrow('handle-form');
  }
  for (const name of ['', '  ', 'a\nb', 'a\u202eb', 'x'.repeat(46)]) {
    await expect(create(name, 'chapar')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  }
  const longest = { name: 'x'.repeat(45), handle: `a${'b'.repeat(44)}` };
  await expect(create(longest.name, longest.handle)).resolves.toMatchObject(longest);
});

test('to strangers an organization is not there, whatever they ask of it', async () => {
  await using api = await createTestApi();
  const [sara, reza, stranger] = await signUpMany(api, 3);
  if (!sara || !reza || !stranger) {
    throw new Error('three people');
  }
  const { id } = await organize(api, sara, reza);
  const refused = async (organizationId: string): Promise<unknown[]> => {
    const { organization } = stranger.api;
    const userId = reza.id;
    const asked = [
      organization.get({ organizationId }),
      organization.update({ organizationId, name: 'Mine' }),
      organization.remove({ organizationId }),
      organization.addMember({ organizationId, userId: stranger.id }),
      organization.removeMember({ organizationId, userId }),
      organization.setRole({ organizationId, userId, role: 'admin' }),
      organization.transfer({ organizationId, userId }),
      organization.leave({ organizationId }),
      organization.listMembers({ organizationId }),
    ];
    return Promise.all(asked.map((call) => expectAppError(call, 'ORGANIZATION_NOT_FOUND')));
  };
  // Neither an error nor its data tells one that is there from one that is not, or from a person.
  expect(await refused(id)).toEqual(await refused(api.app.deps.newId()));
  expect(await refused(reza.id)).toEqual(await refused(stranger.id));
  await expect(rolesIn(sara, id)).resolves.toHaveLength(2);
});

test('each role may do what it may', async () => {
  await using api = await createTestApi();
  const [owner, admin, other, member, guest] = await signUpMany(api, 5);
  if (!owner || !admin || !other || !member || !guest) {
    throw new Error('five people');
  }
  const { id: organizationId } = await organize(api, owner, admin, other, member);
  const of = (userId: string) => ({ organizationId, userId });
  for (const { id } of [admin, other]) {
    await owner.api.organization.setRole({ ...of(id), role: 'admin' });
  }
  const missing = (call: Promise<unknown>) => expectAppError(call, 'ORGANIZATION_RIGHT_MISSING');
  const { organization: asMember } = member.api;
  await missing(asMember.update({ organizationId, name: 'X' }));
  await missing(asMember.addMember(of(guest.id)));
  await missing(asMember.removeMember(of(guest.id)));
  for (const { api: calls } of [member, admin]) {
    await missing(calls.organization.remove({ organizationId }));
    await missing(calls.organization.transfer(of(member.id)));
    await missing(calls.organization.setRole({ ...of(member.id), role: 'admin' }));
  }

  const { organization: asAdmin } = admin.api;
  await expect(asAdmin.update({ organizationId, name: 'ما' })).resolves.toMatchObject({
    name: 'ما',
    role: 'admin',
  });
  await expect(asAdmin.addMember(of(guest.id))).resolves.toMatchObject({
    user: { id: guest.id },
    role: 'member',
  });
  for (const { id } of [owner, other, admin]) {
    await expectAppError(asAdmin.removeMember(of(id)), 'ORGANIZATION_RANK');
  }
  await expect(asAdmin.removeMember(of(guest.id))).resolves.toEqual(of(guest.id));
  await expectAppError(asAdmin.removeMember(of(guest.id)), 'ORGANIZATION_MEMBER_NOT_FOUND');
  await expectAppError(
    owner.api.organization.setRole({ ...of(owner.id), role: 'member' }),
    'ORGANIZATION_RANK',
  );
  await expectAppError(
    owner.api.organization.leave({ organizationId }),
    'ORGANIZATION_OWNER_STAYS',
  );
  await owner.api.organization.removeMember(of(other.id));
  await asMember.leave({ organizationId });
  await expectAppError(asMember.get({ organizationId }), 'ORGANIZATION_NOT_FOUND');
  await expect(rolesIn(owner, organizationId)).resolves.toEqual([
    [owner.id, 'owner'],
    [admin.id, 'admin'],
  ]);
});

test('the owner passes an organization on to somebody in it who owns none', async () => {
  await using api = await createTestApi();
  const [sara, reza, owning, closed, stranger] = await signUpMany(api, 5);
  if (!sara || !reza || !owning || !closed || !stranger) {
    throw new Error('five people');
  }
  const { id: organizationId } = await organize(api, sara, reza, owning, closed);
  await organize(api, owning);
  const { db } = api.app;
  await db.updateTable('users').set({ status: 'inactive' }).where('id', '=', closed.id).execute();
  const pass = (by: typeof sara, to: typeof sara) =>
    by.api.organization.transfer({ organizationId, userId: to.id });
  await expectAppError(pass(sara, stranger), 'ORGANIZATION_MEMBER_NOT_FOUND');
  await expectAppError(pass(sara, owning), 'ORGANIZATION_OWNER_HAS_ONE');
  await expectAppError(pass(sara, closed), 'USER_NOT_FOUND');
  await expect(pass(sara, sara)).resolves.toMatchObject({ ownerId: sara.id, role: 'owner' });
  await expect(pass(sara, reza)).resolves.toMatchObject({ ownerId: reza.id, role: 'admin' });
  await expectAppError(pass(sara, reza), 'ORGANIZATION_RIGHT_MISSING');
  expect((await rolesIn(reza, organizationId)).slice(0, 2)).toEqual([
    [sara.id, 'admin'],
    [reza.id, 'owner'],
  ]);
  await expect(organize(api, sara)).resolves.toMatchObject({ ownerId: sara.id });
});

test('whom one may not know of, one cannot let in', async () => {
  await using api = await createTestApi();
  const [sara, blocked, blocking, closed] = await signUpMany(api, 4);
  if (!sara || !blocked || !blocking || !closed) {
    throw new Error('four people');
  }
  const { id: organizationId } = await organize(api, sara);
  await sara.api.friend.block({ userId: blocked.id });
  await blocking.api.friend.block({ userId: sara.id });
  const { db } = api.app;
  await db.updateTable('users').set({ status: 'inactive' }).where('id', '=', closed.id).execute();
  for (const userId of [blocked.id, blocking.id, closed.id, api.app.deps.newId()]) {
    const data = await expectAppError(
      sara.api.organization.addMember({ organizationId, userId }),
      'USER_NOT_FOUND',
    );
    expect(data).toBeUndefined();
  }
  await sara.api.friend.unblock({ userId: blocked.id });
  await sara.api.organization.addMember({ organizationId, userId: blocked.id });
  await expect(rolesIn(sara, organizationId)).resolves.toHaveLength(2);
});

test('an organization has so many people, and a person so many organizations', async () => {
  const organization = { members: 3, perUser: 2 };
  await using api = await createTestApi({ config: { organization } });
  const [sara, reza, mina, omid] = await signUpMany(api, 4);
  if (!sara || !reza || !mina || !omid) {
    throw new Error('four people');
  }
  const { id: organizationId } = await organize(api, sara, reza, mina);
  const add = { organizationId, userId: omid.id };
  const full = await expectAppError(sara.api.organization.addMember(add), 'ORGANIZATION_FULL');
  expect(full).toEqual({ most: 3 });
  // Who is in is in, full or not.
  await expect(
    sara.api.organization.addMember({ organizationId, userId: reza.id }),
  ).resolves.toMatchObject({ user: { id: reza.id } });
  const { id: second } = await organize(api, omid, reza);
  await sara.api.organization.removeMember({ organizationId, userId: mina.id });
  const { id: third } = await organize(api, mina);
  const many = await expectAppError(
    mina.api.organization.addMember({ organizationId: third, userId: reza.id }),
    'ORGANIZATION_TOO_MANY',
  );
  expect(many).toEqual({ most: 2 });
  await expectAppError(organize(api, reza), 'ORGANIZATION_TOO_MANY');
  await reza.api.organization.leave({ organizationId: second });
  await mina.api.organization.addMember({ organizationId: third, userId: reza.id });
  expect(defaultConfig.organization).toEqual({ members: 10_000, perUser: 100 });
});

test('lists come in pages that neither repeat nor leave out', async () => {
  await using api = await createTestApi();
  const [sara, ...others] = await signUpMany(api, 6);
  if (!sara) {
    throw new Error('somebody');
  }
  const { id: organizationId } = await organize(api, sara, ...others);
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof sara.api.organization.listMembers>> =
      await sara.api.organization.listMembers({ organizationId, limit: 2, cursor });
    expect(page.items).toHaveLength(2);
    ids.push(...page.items.map(({ user }) => user.id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(ids).toEqual([sara, ...others].map(({ id }) => id));

  const made = [organizationId];
  for (const other of others) {
    const { id } = await organize(api, other, sara);
    made.unshift(id);
  }
  const first = await sara.api.organization.list({ limit: 4 });
  const rest = await sara.api.organization.list({ limit: 4, cursor: first.nextCursor });
  expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(made);
  expect([...first.items, ...rest.items].map(({ role }) => role)).toEqual([
    ...others.map(() => 'member'),
    'owner',
  ]);
  expect(rest.nextCursor).toBeNull();
  await expectAppError(sara.api.organization.list({ cursor: 'x' }), 'INPUT_INVALID');
});

test('other features can ask who is in an organization, and as what', async () => {
  await using api = await createTestApi();
  const [sara, reza, stranger] = await signUpMany(api, 3);
  if (!sara || !reza || !stranger) {
    throw new Error('three people');
  }
  const { id } = await organize(api, sara, reza);
  const { db } = api.app;
  await expect(findOrganizationRole(db, id, sara.id)).resolves.toBe('owner');
  await expect(findOrganizationRole(db, id, reza.id)).resolves.toBe('member');
  await expect(findOrganizationRole(db, id, stranger.id)).resolves.toBeUndefined();
  const people = [stranger.id, reza.id, sara.id];
  const members = await findOrganizationMembers(db, id, people);
  expect(members.toSorted()).toEqual([sara.id, reza.id].toSorted());
  await expect(findOrganizationMembers(db, id, [])).resolves.toEqual([]);
});
