import {
  anyRoom,
  anySeq,
  emojis,
  inRoom,
  mentionsOf,
  newId,
  ownSeq,
  pick,
  type Action,
} from './chat-scene.ts';

/** What people do with messages. */
export const ofMessages: Record<string, Action> = {
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
