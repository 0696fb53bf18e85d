import { defineEntity, p } from '@mikro-orm/postgresql';
import { UserEntity } from '../user/user.entity.ts';

export const FriendRequestEntity = defineEntity({
  name: 'FriendRequest',
  tableName: 'friend_requests',
  indexes: [
    { properties: ['sender', 'createdAt'], name: 'friend_requests_sender_created' },
    { properties: ['recipient', 'createdAt'], name: 'friend_requests_recipient_created' },
  ],
  properties: {
    id: p.uuid().primary(),
    sender: () => p.manyToOne(UserEntity).index(false),
    recipient: () => p.manyToOne(UserEntity).index(false),
    status: p.enum(['pending', 'accepted', 'declined', 'canceled'] as const),
    createdAt: p.datetime(3),
    answeredAt: p.datetime(3).nullable(),
  },
});

/** Who has blocked whom; each of two people may have blocked the other one. */
export const BlockEntity = defineEntity({
  name: 'Block',
  tableName: 'blocks',
  indexes: [
    { properties: ['blocker', 'createdAt', 'blocked'], name: 'blocks_blocker_created' },
    { properties: ['blocked', 'blocker'], name: 'blocks_blocked_blocker' },
  ],
  properties: {
    blocker: () =>
      p
        .manyToOne(UserEntity)
        .primary()
        .deleteRule('no action')
        .updateRule('no action')
        .index(false),
    blocked: () =>
      p
        .manyToOne(UserEntity)
        .primary()
        .deleteRule('no action')
        .updateRule('no action')
        .index(false),
    createdAt: p.datetime(3),
  },
});

/** One row for each direction, so that a person's friends are one index range. */
export const FriendshipEntity = defineEntity({
  name: 'Friendship',
  tableName: 'friendships',
  indexes: [{ properties: ['user', 'createdAt'], name: 'friendships_user_created' }],
  properties: {
    user: () =>
      p
        .manyToOne(UserEntity)
        .primary()
        .deleteRule('no action')
        .updateRule('no action')
        .index(false),
    friend: () =>
      p
        .manyToOne(UserEntity)
        .primary()
        .deleteRule('no action')
        .updateRule('no action')
        .index(false),
    createdAt: p.datetime(3),
  },
});
