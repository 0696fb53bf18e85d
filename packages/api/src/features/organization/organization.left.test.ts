import { expect, test } from 'vitest';
import type { OrganizationLeft } from '../../app.ts';
import { day } from '../../kernel/duration.ts';
import { sweep } from '../../sweep.ts';
import { createTestApi, expectAppError, type Actor, type TestApi } from '../../testing/index.ts';
import { organize, rolesIn, signUpMany } from './test/organizations.ts';

/** Writes down who went, and how many were still in then. */
function follow(api: TestApi): { organizationId: string; userIds: unknown; members: number }[] {
  const heard: { organizationId: string; userIds: unknown; members: number }[] = [];
  const left: OrganizationLeft = async (_call, tx, { organizationId, userIds }) => {
    const rows = await tx.db
      .selectFrom('organization_members')
      .select('user_id')
      .where('organization_id', '=', organizationId)
      .execute();
    heard.push({ organizationId, userIds, members: rows.length });
  };
  api.app.organizationLeft = [left];
  return heard;
}

async function erase(api: TestApi, person: Actor): Promise<void> {
  await person.api.account.remove();
  api.clock.advance(30 * day);
  await expect(sweep(api.app)).resolves.toMatchObject({ people: 1 });
}

test('other features hear who goes while the people are still in', async () => {
  await using api = await createTestApi();
  const [sara, reza, mina, omid] = await signUpMany(api, 4);
  if (!sara || !reza || !mina || !omid) {
    throw new Error('four people');
  }
  const { id: organizationId } = await organize(api, sara, reza, mina, omid);
  const heard = follow(api);
  await sara.api.organization.removeMember({ organizationId, userId: reza.id });
  await mina.api.organization.leave({ organizationId });
  await sara.api.organization.remove({ organizationId });
  expect(heard).toEqual([
    { organizationId, userIds: [reza.id], members: 4 },
    { organizationId, userIds: [mina.id], members: 3 },
    { organizationId, userIds: 'all', members: 2 },
  ]);
});

test('when another feature cannot follow, nobody goes', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await signUpMany(api, 2);
  if (!sara || !reza) {
    throw new Error('two people');
  }
  const { id: organizationId } = await organize(api, sara, reza);
  api.app.organizationLeft = [() => Promise.reject(new Error('cannot follow'))];
  await expect(reza.api.organization.leave({ organizationId })).rejects.toThrow('cannot follow');
  await expect(sara.api.organization.remove({ organizationId })).rejects.toThrow('cannot follow');
  await expect(rolesIn(reza, organizationId)).resolves.toHaveLength(2);
});

test('A50: an organization of somebody who is erased passes to the oldest admin, else the oldest member', async () => {
  await using api = await createTestApi();
  const [sara, member, owning, admin, younger] = await signUpMany(api, 5);
  if (!sara || !member || !owning || !admin || !younger) {
    throw new Error('five people');
  }
  const { id: organizationId } = await organize(api, sara, owning, member, admin, younger);
  await organize(api, owning);
  for (const { id: userId } of [owning, admin, younger]) {
    await sara.api.organization.setRole({ organizationId, userId, role: 'admin' });
  }
  const live = await (await member.listen()).ready();
  const heard = follow(api);
  await erase(api, sara);
  expect(heard).toEqual([{ organizationId, userIds: [sara.id], members: 5 }]);
  const back = api.anonymous();
  await back.signIn(admin.phone);
  expect(await rolesIn(back, organizationId)).toEqual([
    [owning.id, 'admin'],
    [member.id, 'member'],
    [admin.id, 'owner'],
    [younger.id, 'admin'],
  ]);
  live.stop();
  await back.api.organization.removeMember({ organizationId, userId: younger.id });
  await erase(api, back);
  const heir = api.anonymous();
  await heir.signIn(member.phone);
  expect(await rolesIn(heir, organizationId)).toEqual([
    [owning.id, 'admin'],
    [member.id, 'owner'],
  ]);
});

test('A50: one that nobody can own ends with its owner, and its handle is free', async () => {
  await using api = await createTestApi();
  const [sara, owning] = await signUpMany(api, 2);
  if (!sara || !owning) {
    throw new Error('two people');
  }
  const { id: organizationId, handle } = await organize(api, sara, owning);
  await organize(api, owning);
  await erase(api, sara);
  const [back, anew] = [api.anonymous(), api.anonymous()];
  await back.signIn(owning.phone);
  await expectAppError(back.api.organization.get({ organizationId }), 'ORGANIZATION_NOT_FOUND');
  await anew.signIn(sara.phone);
  await expect(
    anew.api.organization.create({ id: api.app.deps.newId(), name: 'Anew', handle }),
  ).resolves.toMatchObject({ handle });
});
