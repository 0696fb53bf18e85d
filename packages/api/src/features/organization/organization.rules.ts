import type { OrganizationRole } from '@chapar/contract';

/** Somebody's place in an organization: undefined for who is not in it. */
export type Place = OrganizationRole | undefined;

export type Refusal =
  /** To strangers the organization does not exist. */
  | 'not-found'
  | 'right-missing'
  | 'member-not-found'
  /** Nobody acts on their equal or better. */
  | 'rank'
  | 'owner-stays'
  | 'owner-has-one'
  | 'full'
  | 'too-many';

interface Refused {
  do: 'refuse';
  reason: Refusal;
}

/** How many people an organization may have, and in how many a person may be. */
export interface Most {
  members: number;
  perUser: number;
}

const rank: Record<OrganizationRole, number> = { owner: 2, admin: 1, member: 0 };

/** Decides whether somebody may have an organization of their own. */
export function decideCreate(
  mine: { ownsOne: boolean; organizations: number },
  most: Most,
): { do: 'create' } | Refused {
  if (mine.ownsOne) {
    return refuse('owner-has-one');
  }
  return mine.organizations >= most.perUser ? refuse('too-many') : { do: 'create' };
}

/** Decides whether somebody may do what takes this role or a higher one. */
export function decideAct(
  mine: Place,
  least: OrganizationRole,
): { do: 'act' } | (Refused & { reason: 'not-found' | 'right-missing' }) {
  if (mine === undefined) {
    return { do: 'refuse', reason: 'not-found' };
  }
  return rank[mine] < rank[least] ? { do: 'refuse', reason: 'right-missing' } : { do: 'act' };
}

/** Decides whether there is room for one more person, here and among what they are in already. */
export function decideRoom(
  room: { members: number; organizations: number },
  most: Most,
): { do: 'add' } | Refused {
  if (room.members >= most.members) {
    return refuse('full');
  }
  return room.organizations >= most.perUser ? refuse('too-many') : { do: 'add' };
}

/** Decides whether one person may take another one out. */
export function decideRemoveMember(mine: Place, theirs: Place): { do: 'remove' } | Refused {
  const act = decideAct(mine, 'admin');
  if (act.do === 'refuse') {
    return act;
  }
  if (mine === undefined || theirs === undefined) {
    return refuse('member-not-found');
  }
  return rank[theirs] >= rank[mine] ? refuse('rank') : { do: 'remove' };
}

/** Decides what becomes of a role that the owner gives; the same again changes nothing. */
export function decideSetRole(
  mine: Place,
  theirs: Place,
  role: 'admin' | 'member',
): { do: 'set' } | { do: 'nothing' } | Refused {
  const act = decideAct(mine, 'owner');
  if (act.do === 'refuse') {
    return act;
  }
  if (theirs === undefined) {
    return refuse('member-not-found');
  }
  if (theirs === 'owner') {
    return refuse('rank');
  }
  return theirs === role ? { do: 'nothing' } : { do: 'set' };
}

/** Decides whether the owner may pass the organization on; to themselves it changes nothing. */
export function decideTransfer(
  mine: Place,
  theirs: Place,
  ownsOne: boolean,
): { do: 'transfer' } | { do: 'nothing' } | Refused {
  const act = decideAct(mine, 'owner');
  if (act.do === 'refuse') {
    return act;
  }
  if (theirs === undefined) {
    return refuse('member-not-found');
  }
  if (theirs === 'owner') {
    return { do: 'nothing' };
  }
  return ownsOne ? refuse('owner-has-one') : { do: 'transfer' };
}

/** Decides whether somebody may go by themselves. */
export function decideLeave(mine: Place): { do: 'leave' } | Refused {
  if (mine === undefined) {
    return refuse('not-found');
  }
  return mine === 'owner' ? refuse('owner-stays') : { do: 'leave' };
}

/** An organization as stored, beside what a client asks for under the same id. */
export interface Created {
  ownerId: string;
  name: string;
  handle: string;
}

/** Whether a second create under one id is the same one again, or another one. */
export function isSameOrganization(stored: Created, asked: Created): boolean {
  return (
    stored.ownerId === asked.ownerId && stored.name === asked.name && stored.handle === asked.handle
  );
}

function refuse(reason: Refusal): Refused {
  return { do: 'refuse', reason };
}
