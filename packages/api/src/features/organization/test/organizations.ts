import type { OrganizationView } from '@chapar/contract';
import type { Actor, TestApi } from '../../../testing/index.ts';
import type { Listener } from '../../../testing/listener.ts';

let made = 0;

/** An organization of its first person, with the others as members in their order. */
export async function organize(
  api: TestApi,
  owner: Actor,
  ...members: readonly Actor[]
): Promise<OrganizationView> {
  made += 1;
  const id = api.app.deps.newId();
  const view = await owner.api.organization.create({ id, name: 'Chapar', handle: `org_${made}` });
  for (const { id: userId } of members) {
    api.clock.advance(1_000);
    await owner.api.organization.addMember({ organizationId: id, userId });
  }
  return view;
}

export async function signUpMany(api: TestApi, count: number): Promise<Actor[]> {
  const people: Actor[] = [];
  for (let i = 0; i < count; i += 1) {
    people.push(await api.signUp());
  }
  return people;
}

/** Who is in, with their roles, in the order of their coming. */
export async function rolesIn(
  viewer: Actor,
  organizationId: string,
): Promise<[id: string, role: string][]> {
  const { items } = await viewer.api.organization.listMembers({ organizationId, limit: 100 });
  return items.map(({ user, role }) => [user.id, role]);
}

/** Types of what came on one stream, in their order. */
export function typesOn(live: Listener, streamId: string): string[] {
  return live.stored.filter((event) => event.streamId === streamId).map(({ type }) => type);
}
