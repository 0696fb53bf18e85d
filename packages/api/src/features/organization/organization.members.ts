import type { OrganizationMemberView, OrganizationView } from '@chapar/contract';
import type { Call, SignedInCall } from '../../call.ts';
import type { Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { isBlockedBetween } from '../friend/index.ts';
import { joinSharedStream, leaveSharedStream, tell } from '../stream/index.ts';
import { requireUser } from '../user/index.ts';
import {
  countMembers,
  deleteMember,
  findMember,
  insertMember,
  updateRole,
  type MemberRow,
} from './organization.members.repository.ts';
import { orRefuse, refusalError } from './organization.refuse.ts';
import {
  countOrganizations,
  findOrganization,
  lockPerson,
  ownsOrganization,
  updateOrganization,
} from './organization.repository.ts';
import {
  decideAct,
  decideLeave,
  decideRemoveMember,
  decideRoom,
  decideSetRole,
  decideTransfer,
} from './organization.rules.ts';
import { loseMembers } from './organization.service.ts';
import { inTurn } from './organization.turn.ts';
import { toFacts, toMemberView, toOrganizationView } from './organization.view.ts';

/** Somebody in an organization, by both their ids. */
interface MemberRef {
  organizationId: string;
  userId: string;
}

/**
 * Lets somebody in: anybody with an open account, unless one of the two has blocked the other, which is
 * answered like a person who does not exist. Who is in already stays as they are.
 *
 * @throws AppError `ORGANIZATION_NOT_FOUND`, `ORGANIZATION_RIGHT_MISSING`, `USER_NOT_FOUND`,
 *   `ORGANIZATION_FULL`, `ORGANIZATION_TOO_MANY`
 */
export function addMember(
  call: SignedInCall,
  { organizationId, userId }: MemberRef,
): Promise<OrganizationMemberView> {
  const { app, actor } = call;
  const most = app.config.organization;
  return inTurn(call, organizationId, async (tx, mine) => {
    orRefuse(decideAct(mine, 'admin'), most);
    const already = await findMember(tx.db, organizationId, userId);
    if (already) {
      return toMemberView(organizationId, already);
    }
    await requireUser(tx.db, { id: userId });
    if (await isBlockedBetween(tx.db, actor.userId, userId)) {
      throw new AppError('USER_NOT_FOUND');
    }
    await lockPerson(tx.db, userId);
    const members = await countMembers(tx.db, organizationId, most.members);
    const organizations = await countOrganizations(tx.db, userId);
    orRefuse(decideRoom({ members, organizations }, most), most);
    return add(call, tx, { organizationId, userId });
  });
}

async function add(call: Call, tx: Tx, ref: MemberRef): Promise<OrganizationMemberView> {
  const { organizationId, userId } = ref;
  await insertMember(tx.db, { ...ref, role: 'member', now: call.now });
  const joined = await joinSharedStream(tx, organizationId, [userId]);
  const row = await requireOrganization(call, tx, organizationId);
  const view = toMemberView(organizationId, await requireMember(call, tx, ref));
  await tell(call, tx, [
    { streamId: organizationId, type: 'organization.memberAdded', body: view },
    ...joined,
    { streamId: userId, type: 'organization.joined', body: toOrganizationView(row, 'member') },
  ]);
  return view;
}

/**
 * Takes somebody of a lower role out.
 *
 * @throws AppError `ORGANIZATION_NOT_FOUND`, `ORGANIZATION_RIGHT_MISSING`,
 *   `ORGANIZATION_MEMBER_NOT_FOUND`, `ORGANIZATION_RANK`
 */
export function removeMember(call: SignedInCall, ref: MemberRef): Promise<MemberRef> {
  return inTurn(call, ref.organizationId, async (tx, mine) => {
    const theirs = await findMember(tx.db, ref.organizationId, ref.userId);
    orRefuse(decideRemoveMember(mine, theirs?.role), call.app.config.organization);
    await letGo(call, tx, ref);
    return ref;
  });
}

/**
 * The caller goes. The owner has to pass the organization on before.
 *
 * @throws AppError `ORGANIZATION_NOT_FOUND`, `ORGANIZATION_OWNER_STAYS`
 */
export function leaveOrganization(
  call: SignedInCall,
  organizationId: string,
): Promise<{ organizationId: string }> {
  return inTurn(call, organizationId, async (tx, mine) => {
    orRefuse(decideLeave(mine), call.app.config.organization);
    await letGo(call, tx, { organizationId, userId: call.actor.userId });
    return { organizationId };
  });
}

/** Takes somebody out of an organization whose stream is locked. */
export async function letGo(call: Call, tx: Tx, ref: MemberRef): Promise<void> {
  const { organizationId, userId } = ref;
  await loseMembers(call, tx, { organizationId, userIds: [userId] });
  await deleteMember(tx.db, organizationId, userId);
  await tell(call, tx, [
    // First, so that whoever goes hears the same of it whether they are connected or not.
    ...(await leaveSharedStream(tx, organizationId, userId)),
    { streamId: organizationId, type: 'organization.memberRemoved', body: ref },
  ]);
}

/**
 * Makes somebody an admin, or no longer one.
 *
 * @throws AppError `ORGANIZATION_NOT_FOUND`, `ORGANIZATION_RIGHT_MISSING`,
 *   `ORGANIZATION_MEMBER_NOT_FOUND`, `ORGANIZATION_RANK`
 */
export function setRole(
  call: SignedInCall,
  { organizationId, userId, role }: MemberRef & { role: 'admin' | 'member' },
): Promise<OrganizationMemberView> {
  const most = call.app.config.organization;
  return inTurn(call, organizationId, async (tx, mine) => {
    const row = await findMember(tx.db, organizationId, userId);
    const decision = orRefuse(decideSetRole(mine, row?.role, role), most);
    if (!row) {
      throw refusalError('member-not-found', most);
    }
    const view = toMemberView(organizationId, { ...row, role });
    if (decision.do === 'set') {
      await updateRole(tx.db, { organizationId, userId, role });
      await tell(call, tx, [
        { streamId: organizationId, type: 'organization.memberChanged', body: view },
      ]);
    }
    return view;
  });
}

/**
 * Makes somebody else the owner; who was it becomes an admin.
 *
 * @throws AppError `ORGANIZATION_NOT_FOUND`, `ORGANIZATION_RIGHT_MISSING`,
 *   `ORGANIZATION_MEMBER_NOT_FOUND`, `ORGANIZATION_OWNER_HAS_ONE`, `USER_NOT_FOUND` for somebody
 *   whose account is closed
 */
export function transferOrganization(
  call: SignedInCall,
  { organizationId, userId }: MemberRef,
): Promise<OrganizationView> {
  const { app, actor } = call;
  const most = app.config.organization;
  return inTurn(call, organizationId, async (tx, mine) => {
    await lockPerson(tx.db, userId);
    const heir = await findMember(tx.db, organizationId, userId);
    const ownsOne = await ownsOrganization(tx.db, userId);
    const decision = orRefuse(decideTransfer(mine, heir?.role, ownsOne), most);
    if (decision.do === 'nothing' || !heir) {
      return toOrganizationView(await requireOrganization(call, tx, organizationId), mine);
    }
    await requireUser(tx.db, { id: userId });
    await passOn(call, tx, { organizationId, fromId: actor.userId, heir });
    return toOrganizationView(await requireOrganization(call, tx, organizationId), 'admin');
  });
}

/** Passes an organization whose stream is locked to one of its people, who owns none. */
export async function passOn(
  call: Call,
  tx: Tx,
  { organizationId, fromId, heir }: { organizationId: string; fromId: string; heir: MemberRow },
): Promise<void> {
  const before = { organizationId, userId: fromId };
  await updateRole(tx.db, { ...before, role: 'admin' });
  await updateRole(tx.db, { organizationId, userId: heir.id, role: 'owner' });
  const row = await updateOrganization(tx.db, organizationId, { owner_id: heir.id });
  const streamId = organizationId;
  const from = toMemberView(organizationId, await requireMember(call, tx, before));
  const to = toMemberView(organizationId, { ...heir, role: 'owner' });
  await tell(call, tx, [
    { streamId, type: 'organization.memberChanged', body: from },
    { streamId, type: 'organization.memberChanged', body: to },
    { streamId, type: 'organization.updated', body: toFacts(row) },
  ]);
}

async function requireMember({ app }: Call, tx: Tx, ref: MemberRef): Promise<MemberRow> {
  const row = await findMember(tx.db, ref.organizationId, ref.userId);
  if (!row) {
    throw refusalError('member-not-found', app.config.organization);
  }
  return row;
}

async function requireOrganization({ app }: Call, tx: Tx, organizationId: string) {
  const row = await findOrganization(tx.db, organizationId);
  if (!row) {
    throw refusalError('not-found', app.config.organization);
  }
  return row;
}
