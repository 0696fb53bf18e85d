/** How two people stand, as a request finds it under the pair's lock. */
export interface Standing {
  areFriends: boolean;
  pending: { id: string; senderId: string } | null;
}

export type RequestDecision =
  | { do: 'create' }
  /** The other one has asked already: this is the answer. */
  | { do: 'accept'; requestId: string }
  | { do: 'refuse'; reason: 'friends' }
  | { do: 'refuse'; reason: 'requested'; requestId: string };

/** Decides what a friend request becomes. The relation is symmetric: who asks second accepts. */
export function decideRequest({ areFriends, pending }: Standing, userId: string): RequestDecision {
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
