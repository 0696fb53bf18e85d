import { defineEntity, p } from '@mikro-orm/postgresql';

/** A process that has sockets. It is alive while it was seen a moment ago, by the database's clock. */
export const PresenceNodeEntity = defineEntity({
  name: 'PresenceNode',
  tableName: 'presence_nodes',
  properties: {
    nodeId: p.uuid().primary(),
    seenAt: p.datetime(3),
  },
});

/** A person with a live stream on a node; they are online while one of their nodes is alive. */
export const PresenceEntity = defineEntity({
  name: 'Presence',
  tableName: 'presences',
  properties: {
    userId: p.uuid().primary(),
    nodeId: p.uuid().primary().index('presences_node'),
  },
});
