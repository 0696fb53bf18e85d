/** How two people stand, as a request finds it under the pair's lock. */
export interface Standing {
  /** Who of the two has blocked the other one. */
  blockedBy: readonly string[];
  areFriends: boolean;
  pending: { id: string; senderId: string } | null;
}

export type RequestDecision =
  | { do: 'create' }
  /** The other one has asked already: this is the answer. */
  | { do: 'accept'; requestId: string }
  | { do: 'refuse'; reason: 'friends' | 'blocked' | 'hidden' }
  | { do: 'refuse'; reason: 'requested'; requestId: string };

export type Refusal = Extract<RequestDecision, { do: 'refuse' }>;

/**
 * Decides what a friend request becomes. The relation is symmetric: who asks second accepts. Whoever is
 * blocked may not learn of it (`hidden`); the own block comes first, so that a person who has blocked the
 * other one gets the same answer whatever the other one does.
 */
export function decideRequest(
  { blockedBy, areFriends, pending }: Standing,
  userId: string,
): RequestDecision {
  if (blockedBy.includes(userId)) {
    return { do: 'refuse', reason: 'blocked' };
  }
  if (blockedBy.length > 0) {
    return { do: 'refuse', reason: 'hidden' };
  }
  if (areFriends) {
    return { do: 'refuse', reason: 'friends' };
  }
  if (!pending) {
    return { do: 'create' };
  }
  if (pending.senderId === userId) {
    return { do: 'refuse', reason: 'requested', requestId: pending.id };
  }
  return { do: 'accept', requestId: pending.id };
}
