import { chatCapabilities } from '@chapar/contract';
import { ofMessages } from './chat-actions.messages.ts';
import {
  anyGroup,
  anyRoom,
  inRoom,
  later,
  newId,
  otherOf,
  pick,
  roles,
  ruledRoom,
  statuses,
  type Action,
} from './chat-scene.ts';
import { makeRoom, personOf } from './chat-world.ts';

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
