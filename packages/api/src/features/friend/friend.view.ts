import type {
  FriendBlockedView,
  FriendRelation,
  FriendRequestView,
  FriendView,
  UserCard,
} from '@chapar/contract';

/** A request as one of its two people sees it. */
export function toRequestView(
  request: { id: string; created_at: Date },
  relation: FriendRelation,
  user: UserCard,
): FriendRequestView {
  return { id: request.id, relation, user, createdAt: request.created_at.toISOString() };
}

export function toFriendView(user: UserCard, since: Date): FriendView {
  return { ...user, relation: 'friends', friendsSince: since.toISOString() };
}

/** Somebody blocked, as the one sees it who has done so. */
export function toBlockedView(user: UserCard, at: Date): FriendBlockedView {
  return { user, blockedAt: at.toISOString() };
}
