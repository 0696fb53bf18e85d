import type { ChatRole, ConversationView } from '@chapar/contract';
import type { Actor, TestApi } from '../../../testing/index.ts';

/** Makes two people friends, unless they are. */
export async function befriend(a: Actor, b: Actor): Promise<void> {
  const { items } = await a.api.friend.list({ limit: 100 });
  if (items.some(({ id }) => id === b.id)) {
    return;
  }
  const { id: requestId } = await a.api.friend.request({ userId: b.id });
  await b.api.friend.accept({ requestId });
}

/** Lets somebody in, whatever is said of friends: as one who was added and is one no more. */
export async function bringIn(
  owner: Actor,
  conversationId: string,
  people: readonly Actor[],
): Promise<void> {
  for (const person of people) {
    await befriend(owner, person);
  }
  await owner.api.chat.addMembers({ conversationId, userIds: people.map(({ id }) => id) });
}

export interface TestRoom {
  id: string;
  /** Its owner. */
  owner: Actor;
  view: ConversationView;
}

/** A group or a channel of somebody new. */
export async function openRoom(
  api: TestApi,
  kind: 'group' | 'channel' = 'group',
  options: { owner?: Actor; isPublic?: boolean; title?: string } = {},
): Promise<TestRoom> {
  const owner = options.owner ?? (await api.signUp({ firstName: 'Owner' }));
  const id = api.app.deps.newId();
  const { title = 'کوه‌نوردی', isPublic = false } = options;
  const view = await owner.api.chat.create({ id, kind, title, isPublic });
  return { id, owner, view };
}

/** Somebody new with a role in a room. */
export async function joinAs(
  api: TestApi,
  { id, owner }: TestRoom,
  role: Exclude<ChatRole, 'owner'>,
): Promise<Actor> {
  const actor = await api.signUp();
  await bringIn(owner, id, [actor]);
  await owner.api.chat.setRights({ conversationId: id, userId: actor.id, role });
  return actor;
}
