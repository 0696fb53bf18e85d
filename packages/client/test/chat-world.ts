import type { Actor, TestApi } from '@chapar/api/testing';

/** Rooms that there are to begin with. */
export interface Room {
  id: string;
  kind: 'group' | 'channel';
}

/** Five people who are friends, their conversations, and one of the staff. */
export interface World {
  api: TestApi;
  /** An owner, an admin, a member, a reader, and somebody who comes and goes. */
  people: Actor[];
  staff: Actor;
  rooms: Room[];
  /** Ids of conversations of two. */
  directs: string[];
  invites: { conversationId: string; id: string; token: string }[];
  reports: string[];
  made: number;
}

async function makeFriends(a: Actor, b: Actor): Promise<void> {
  const { id: requestId } = await a.api.friend.request({ userId: b.id });
  await b.api.friend.accept({ requestId });
}

/** Makes a room with some people in it. */
export async function makeRoom(
  world: World,
  owner: Actor,
  kind: Room['kind'],
  others: readonly Actor[],
): Promise<string> {
  world.made += 1;
  const id = world.api.app.deps.newId();
  await owner.api.chat.create({
    id,
    kind,
    title: `Room ${world.made}`,
    isPublic: kind === 'channel',
    userIds: others.map((person) => person.id),
  });
  world.rooms.push({ id, kind });
  return id;
}

/** Who somebody is in the world; everybody is needed by some room. */
export function personOf({ people }: World, index: number): Actor {
  const person = people[index % people.length];
  if (!person) {
    throw new Error('the world is empty');
  }
  return person;
}

export async function createWorld(api: TestApi): Promise<World> {
  const people: Actor[] = [];
  for (const firstName of ['Owner', 'Admin', 'Member', 'Reader', 'Nomad']) {
    people.push(await api.signUp({ firstName }));
  }
  const staff = await api.signUp({ role: 'staff' });
  const world: World = {
    api,
    people,
    staff,
    rooms: [],
    directs: [],
    invites: [],
    reports: [],
    made: 0,
  };
  for (const [index, person] of people.entries()) {
    for (const other of people.slice(index + 1)) {
      await makeFriends(person, other);
    }
  }
  const person = (index: number): Actor => personOf(world, index);
  const [owner, admin, member, reader, nomad] = [0, 1, 2, 3, 4].map(person) as [
    Actor,
    Actor,
    Actor,
    Actor,
    Actor,
  ];
  const first = await makeRoom(world, owner, 'group', [admin, member, nomad]);
  await owner.api.chat.setRights({ conversationId: first, userId: admin.id, role: 'admin' });
  const second = await makeRoom(world, admin, 'group', [owner, member, reader]);
  await admin.api.chat.setRights({ conversationId: second, userId: owner.id, role: 'moderator' });
  const channel = await makeRoom(world, owner, 'channel', [admin, reader, nomad]);
  await owner.api.chat.setRights({ conversationId: channel, userId: admin.id, role: 'admin' });
  for (const [a, b] of [
    [owner, admin],
    [owner, member],
    [member, nomad],
  ] as const) {
    const { id } = await a.api.chat.start({ userId: b.id });
    world.directs.push(id);
  }
  return world;
}
