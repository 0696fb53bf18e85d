import type { Role } from '@chapar/contract';

const ranks: Record<Role, number> = { user: 0, staff: 1, admin: 2 };

/** Whether somebody may act on somebody else's account: only on those of a lower role. */
export function outranks(actor: Role, other: Role): boolean {
  return ranks[actor] > ranks[other];
}
