import { chatCapabilities } from '@chapar/contract';
import type { Actor } from '@chapar/api/testing';
import type { ChatState } from '../src/chat-state.ts';
import { makeRoom, personOf, type World } from './chat-world.ts';

/** What chance has chosen for one step. */
export interface Step {
  what: string;
  /** Who does it. */
  who: number;
  /** Where. */
  room: number;
  /** To whom, and to what. */
  a: number;
  b: number;
  c: number;
  is: boolean;
}

interface Scene {
  world: World;
  actor: Actor;
  /** What the actor sees when the step begins. */
  state: ChatState;
  step: Step;
}

const second = 1_000;
const emojis = ['👍', '❤️', '😂', '🔥', '🎉'];
const roles = ['reader', 'member', 'moderator', 'admin'] as const;
const statuses = ['open', 'open', 'open', 'hold', 'closed'] as const;

function pick<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length];
  if (item === undefined) {
    throw new Error('there is nothing to choose from');
  }
  return item;
}

/** Mostly one of the actor's own conversations, at times any. */
function anyRoom({ world, state, step }: Scene): string {
  const own = Object.keys(state.chats).toSorted();
  const all = [...world.rooms.map(({ id }) => id), ...world.directs];
  return own.length === 0 || step.b % 8 === 0 ? pick(all, step.room) : pick(own, step.room);
}

/** The same, more often one of many. */
function anyGroup(scene: Scene): string {
  const { world, state, step } = scene;
  const own = world.rooms.map(({ id }) => id).filter((id) => id in state.chats);
  return own.length === 0 || step.b % 8 === 0 ? anyRoom(scene) : pick(own, step.room);
}

/** A place in a conversation, mostly among the newest. */
function anySeq({ state, step }: Scene, conversationId: string): number {
  const head = state.chats[conversationId]?.conversation.headSeq ?? 3;
  return Math.max(1, step.is ? head - (step.a % 6) : 1 + (step.a % (head + 2)));
}

/** Mostly a message of the actor's own. */
function ownSeq(scene: Scene, conversationId: string): number {
  const own = scene.state.chats[conversationId]?.messages.filter(
    ({ senderId, system }) => senderId === scene.actor.id && !system,
  );
  return own?.length && scene.step.c % 4 > 0
    ? pick(own.slice(-5), scene.step.a).seq
    : anySeq(scene, conversationId);
}

/** One of the actor's own that they have rights in, if there is one. */
function ruledRoom(scene: Scene): string {
  const { world, state, step } = scene;
  const ruled = world.rooms.filter(({ id }) => {
    const role = state.chats[id]?.conversation.role ?? 'reader';
    return role !== 'reader' && role !== 'member';
  });
  return ruled.length === 0 || step.b % 6 === 0 ? anyGroup(scene) : pick(ruled, step.room).id;
}

/** Somebody else, now and then the actor. */
function otherOf({ world, step }: Scene): string {
  const away = step.c % 9 === 0 ? 0 : 1 + (step.a % (world.people.length - 1));
  return personOf(world, step.who + away).id;
}
const later = ({ world }: Scene, seconds: number): string =>
  new Date(world.api.clock.now().getTime() + seconds * second).toISOString();
const newId = ({ world }: Scene): string => world.api.app.deps.newId();

function mentionsOf({ world, step }: Scene): { mentions?: string[] } {
  return step.c % 2 === 0
    ? { mentions: [personOf(world, step.a).id, personOf(world, step.b).id] }
    : {};
}

type Action = (scene: Scene) => Promise<unknown>;

function inRoom(
  where: (scene: Scene) => string,
  act: (scene: Scene, conversationId: string) => Promise<unknown>,
): Action {
  return (scene) => act(scene, where(scene));
}

const ofRooms: Record<string, Action> = {
  'chat.start': async (scene) => {
    const { id } = await scene.actor.api.chat.start({ userId: otherOf(scene) });
    if (!scene.world.directs.includes(id)) {
      scene.world.directs.push(id);
    }
  },
  'chat.create': (scene) => {
    const { world, actor, step } = scene;
    const others = world.people.filter(
      (person, index) => person !== actor && (step.b >> index) & 1,
    );
    return makeRoom(world, actor, step.is ? 'group' : 'channel', others);
  },
  'chat.update': inRoom(ruledRoom, ({ actor, step }, conversationId) =>
    actor.api.chat.update({
      conversationId,
      ...(step.a % 2 === 0 && { title: `Title ${step.b % 5}` }),
      ...(step.a % 3 === 0 && { description: step.is ? `About ${step.b}` : null }),
      ...(step.a % 5 === 0 && { avatar: step.is ? `picture-${step.b % 3}` : null }),
      ...(step.a % 7 === 0 && { isPublic: step.is }),
      ...(step.a % 11 === 0 && { slowModeSeconds: step.b % 20 }),
    }),
  ),
  'chat.setStatus': inRoom(ruledRoom, ({ actor, step }, conversationId) =>
    actor.api.chat.setStatus({ conversationId, status: pick(statuses, step.a) }),
  ),
  'chat.remove': inRoom(ruledRoom, async ({ world, actor, step }, conversationId) => {
    await actor.api.chat.remove({ conversationId });
    const others = world.people.filter((person) => person !== actor);
    await makeRoom(world, actor, step.is ? 'group' : 'channel', others).catch(() => undefined);
  }),
  'chat.changeSettings': inRoom(anyRoom, (scene, conversationId) =>
    scene.actor.api.chat.changeSettings({
      conversationId,
      ...(scene.step.a % 2 === 0 && { isPinned: scene.step.is }),
      ...(scene.step.a % 3 === 0 && { silencedUntil: scene.step.is ? later(scene, 600) : null }),
    }),
  ),
  'chat.typing': inRoom(anyRoom, ({ actor }, conversationId) =>
    actor.api.chat.typing({ conversationId }),
  ),
};

const ofMembers: Record<string, Action> = {
  'chat.addMembers': inRoom(ruledRoom, (scene, conversationId) =>
    scene.actor.api.chat.addMembers({
      conversationId,
      userIds: [otherOf(scene), personOf(scene.world, scene.step.b).id],
    }),
  ),
  'chat.kick': inRoom(ruledRoom, (scene, conversationId) =>
    scene.actor.api.chat.kick({ conversationId, userId: otherOf(scene) }),
  ),
  'chat.ban': inRoom(ruledRoom, (scene, conversationId) =>
    scene.actor.api.chat.ban({
      conversationId,
      userId: otherOf(scene),
      until: later(scene, 1 + (scene.step.b % 300)),
    }),
  ),
  'chat.unban': inRoom(ruledRoom, async ({ actor, step }, conversationId) => {
    const { items } = await actor.api.chat.listBans({ conversationId, limit: 100 });
    await actor.api.chat.unban({ conversationId, userId: pick(items, step.a).user.id });
  }),
  'chat.mute': inRoom(ruledRoom, (scene, conversationId) =>
    scene.actor.api.chat.mute({
      conversationId,
      userId: otherOf(scene),
      until: scene.step.is ? later(scene, 1 + (scene.step.b % 60)) : null,
    }),
  ),
  'chat.setRights': inRoom(ruledRoom, (scene, conversationId) => {
    const { actor, step } = scene;
    return actor.api.chat.setRights({
      conversationId,
      userId: otherOf(scene),
      ...(step.c % 3 > 0 && { role: pick(roles, step.b) }),
      ...(step.c % 2 === 0 && {
        grants: step.is ? [pick(chatCapabilities, step.b), pick(chatCapabilities, step.c)] : [],
      }),
    });
  }),
  'chat.passOwnership': inRoom(ruledRoom, (scene, conversationId) =>
    scene.actor.api.chat.passOwnership({ conversationId, userId: otherOf(scene) }),
  ),
  'chat.leave': inRoom(anyGroup, (scene, conversationId) =>
    scene.actor.api.chat.leave({
      conversationId,
      ...(scene.step.is && { successorId: otherOf(scene) }),
    }),
  ),
  'chat.join': inRoom(
    ({ world, step }) => pick(world.rooms.slice(-6), step.room).id,
    ({ actor }, conversationId) => actor.api.chat.join({ conversationId }),
  ),
  'chat.createInvite': inRoom(ruledRoom, async (scene, conversationId) => {
    const id = newId(scene);
    const { token } = await scene.actor.api.chat.createInvite({ conversationId, id });
    scene.world.invites.push({ conversationId, id, token });
  }),
  'chat.revokeInvite': async ({ world, actor, step }) => {
    const { conversationId, id } = pick(world.invites, step.a);
    await actor.api.chat.revokeInvite({ conversationId, inviteId: id });
  },
  'chat.joinByInvite': ({ world, actor, step }) =>
    actor.api.chat.joinByInvite({ token: pick(world.invites.slice(-4), step.a).token }),
  'chat.previewInvite': ({ world, actor, step }) =>
    actor.api.chat.previewInvite({ token: pick(world.invites, step.a).token }),
};

const ofMessages: Record<string, Action> = {
  'chat.send': inRoom(anyRoom, (scene, conversationId) =>
    scene.actor.api.chat.send({
      conversationId,
      id: newId(scene),
      text: `Message ${scene.step.a}`,
      ...(scene.step.b % 3 === 0 && { replyToSeq: anySeq(scene, conversationId) }),
      ...mentionsOf(scene),
    }),
  ),
  'chat.forward': inRoom(anyRoom, (scene, conversationId) => {
    const { state, step } = scene;
    const from = pick([...Object.keys(state.chats), conversationId], step.b);
    const ref = { conversationId: from, seq: anySeq(scene, from) };
    return scene.actor.api.chat.forward({ conversationId, id: newId(scene), from: ref });
  }),
  'chat.edit': inRoom(anyRoom, (scene, conversationId) =>
    scene.actor.api.chat.edit({
      conversationId,
      seq: ownSeq(scene, conversationId),
      text: `Message ${scene.step.b % 50}`,
      ...mentionsOf(scene),
    }),
  ),
  'chat.delete': inRoom(anyRoom, (scene, conversationId) => {
    const seqs = [ownSeq(scene, conversationId)];
    const reach = scene.step.b % 3 === 0 ? 'all' : 'me';
    if (reach === 'me') {
      seqs.push(anySeq(scene, conversationId));
    }
    return scene.actor.api.chat.delete({ conversationId, seqs, for: reach });
  }),
  'chat.react': inRoom(anyRoom, (scene, conversationId) =>
    scene.actor.api.chat.react({
      conversationId,
      seq: anySeq(scene, conversationId),
      emoji: pick(emojis, scene.step.b),
      isSet: scene.step.c % 3 > 0,
    }),
  ),
  'chat.pinMessage': inRoom(anyRoom, (scene, conversationId) =>
    scene.actor.api.chat.pinMessage({
      conversationId,
      seq: anySeq(scene, conversationId),
      for: scene.step.c % 2 === 0 ? 'all' : 'me',
    }),
  ),
  'chat.unpinMessage': inRoom(anyRoom, (scene, conversationId) => {
    const pins = scene.state.chats[conversationId]?.pins ?? [];
    const chosen = pins.length > 0 ? pick(pins, scene.step.a) : null;
    return scene.actor.api.chat.unpinMessage({
      conversationId,
      seq: chosen?.message.seq ?? anySeq(scene, conversationId),
      for: chosen?.for ?? 'all',
    });
  }),
  'chat.markRead': inRoom(anyRoom, (scene, conversationId) =>
    scene.actor.api.chat.markRead({ conversationId, seq: anySeq(scene, conversationId) }),
  ),
  'chat.markDelivered': (scene) => {
    const chosen = new Set([anyRoom(scene), pick(scene.world.rooms, scene.step.c).id]);
    return scene.actor.api.chat.markDelivered({
      marks: [...chosen].map((conversationId) => {
        return { conversationId, seq: anySeq(scene, conversationId) };
      }),
    });
  },
  'chat.report': inRoom(anyRoom, async (scene, conversationId) => {
    const id = newId(scene);
    const seq = anySeq(scene, conversationId);
    await scene.actor.api.chat.report({ id, conversationId, seq, reason: 'spam' });
    scene.world.reports.push(id);
  }),
  'chat.handleReport': ({ world, step }) =>
    world.staff.api.chat.handleReport({
      reportId: pick(world.reports.slice(-3), step.a),
      status: 'acted',
      deleteMessage: step.is,
    }),
  'chat.inspect': inRoom(anyRoom, ({ world }, conversationId) =>
    world.staff.api.chat.inspect({ conversationId, reason: 'A look', limit: 5 }),
  ),
};

/** The world around: what these do closes and opens conversations of two. */
const ofFriends: Record<string, Action> = {
  'friend.remove': (scene) => scene.actor.api.friend.remove({ userId: otherOf(scene) }),
  'friend.block': (scene) => scene.actor.api.friend.block({ userId: otherOf(scene) }),
  'friend.unblock': async ({ actor, step }) => {
    const { items } = await actor.api.friend.listBlocked({ limit: 100 });
    await actor.api.friend.unblock({ userId: pick(items, step.a).user.id });
  },
  'friend.request': (scene) => scene.actor.api.friend.request({ userId: otherOf(scene) }),
  'friend.accept': async ({ actor, step }) => {
    const { items } = await actor.api.friend.listRequests({ relation: 'incoming', limit: 100 });
    await actor.api.friend.accept({ requestId: pick(items, step.a).id });
  },
};

export const actions: Record<string, Action> = {
  ...ofRooms,
  ...ofMembers,
  ...ofMessages,
  ...ofFriends,
};

const weights: Record<string, number> = {
  'chat.send': 14,
  'chat.edit': 5,
  'chat.delete': 6,
  'chat.react': 6,
  'chat.markRead': 5,
  'chat.pinMessage': 4,
  'chat.addMembers': 4,
  'chat.join': 4,
  'chat.setRights': 4,
  'chat.forward': 3,
  'chat.markDelivered': 3,
  'chat.changeSettings': 3,
  'friend.request': 3,
  'friend.accept': 3,
  'chat.ban': 4,
  'chat.unban': 4,
  'chat.report': 4,
};

/** The names of the actions, those that people do more often more often; few rooms are removed. */
export const manyActions: string[] = Object.keys(actions).flatMap((name) =>
  Array.from({ length: (weights[name] ?? 2) * (name === 'chat.remove' ? 1 : 2) }, () => name),
);
