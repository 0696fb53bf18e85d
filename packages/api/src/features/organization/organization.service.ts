import type {
  OrganizationMemberView,
  OrganizationUpdate,
  OrganizationView,
  Page,
} from '@chapar/contract';
import type { Call, SignedInCall } from '../../call.ts';
import type { Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { readCursor, toPage } from '../../kernel/page.ts';
import { leaveSharedStreamTogether, tell } from '../stream/index.ts';
import { findMembers } from './organization.members.repository.ts';
import { orRefuse, refusalError } from './organization.refuse.ts';
import {
  claimHandle,
  deleteOrganization,
  findOrganization,
  findOrganizationOf,
  findOrganizationRole,
  findOrganizations,
  updateOrganization,
} from './organization.repository.ts';
import { decideAct } from './organization.rules.ts';
import { inTurn } from './organization.turn.ts';
import { toFacts, toMemberView, toOrganizationView } from './organization.view.ts';

interface PageInput {
  cursor?: string | null | undefined;
  limit: number;
}

/** One organization of the caller. @throws AppError `ORGANIZATION_NOT_FOUND` */
export async function getOrganization(
  { app, actor }: SignedInCall,
  organizationId: string,
): Promise<OrganizationView> {
  const row = await findOrganizationOf(app.db, organizationId, actor.userId);
  if (!row) {
    throw refusalError('not-found', app.config.organization);
  }
  return toOrganizationView(row, row.role);
}

/** The caller's organizations, newest first. */
export async function listOrganizations(
  { app, actor }: SignedInCall,
  { cursor, limit }: PageInput,
): Promise<Page<OrganizationView>> {
  const [before = null] = readCursor(cursor, ['id']) ?? [];
  const { userId } = actor;
  const rows = await findOrganizations(app.db, { userId, before, limit: limit + 1 });
  return toPage(
    rows,
    limit,
    (row) => toOrganizationView(row, row.role),
    (row) => [row.id],
  );
}

/** Everybody in an organization of the caller. @throws AppError `ORGANIZATION_NOT_FOUND` */
export async function listMembers(
  { app, actor }: SignedInCall,
  { organizationId, cursor, limit }: PageInput & { organizationId: string },
): Promise<Page<OrganizationMemberView>> {
  const after = readCursor(cursor, ['date', 'id']);
  const mine = await findOrganizationRole(app.db, organizationId, actor.userId);
  orRefuse(decideAct(mine, 'member'), app.config.organization);
  const rows = await findMembers(app.db, { organizationId, after, limit: limit + 1 });
  return toPage(
    rows,
    limit,
    (row) => toMemberView(organizationId, row),
    (row) => [row.created_at.getTime(), row.id],
  );
}

/**
 * Gives an organization another name or handle. What is left out stays; the same again changes nothing.
 *
 * @throws AppError `ORGANIZATION_NOT_FOUND`, `ORGANIZATION_RIGHT_MISSING`,
 *   `ORGANIZATION_HANDLE_TAKEN`
 */
export function updateOrganizationNames(
  call: SignedInCall,
  { organizationId, name, handle }: OrganizationUpdate,
): Promise<OrganizationView> {
  return inTurn(call, organizationId, async (tx, mine) => {
    orRefuse(decideAct(mine, 'admin'), call.app.config.organization);
    const row = await findOrganization(tx.db, organizationId);
    if (!row) {
      throw refusalError('not-found', call.app.config.organization);
    }
    const next = { name: name ?? row.name, handle: handle ?? row.handle };
    if (next.name === row.name && next.handle === row.handle) {
      return toOrganizationView(row, mine);
    }
    if (!(await claimHandle(tx.db, next.handle, organizationId))) {
      throw new AppError('ORGANIZATION_HANDLE_TAKEN');
    }
    const updated = await updateOrganization(tx.db, organizationId, next);
    await tell(call, tx, [
      { streamId: organizationId, type: 'organization.updated', body: toFacts(updated) },
    ]);
    return toOrganizationView(updated, mine);
  });
}

/**
 * Ends an organization. Its handles stay taken.
 *
 * @throws AppError `ORGANIZATION_NOT_FOUND`, `ORGANIZATION_RIGHT_MISSING`
 */
export function removeOrganization(
  call: SignedInCall,
  organizationId: string,
): Promise<{ organizationId: string }> {
  return inTurn(call, organizationId, async (tx, mine) => {
    orRefuse(decideAct(mine, 'owner'), call.app.config.organization);
    await endOrganization(call, tx, organizationId);
    return { organizationId };
  });
}

/**
 * Ends an organization whose stream is locked, in as many statements for ten thousand people as for
 * one. The stream's row stays: who is connected may have to read its last event from the log, and
 * nothing else can ever have its id.
 */
export async function endOrganization(call: Call, tx: Tx, organizationId: string): Promise<void> {
  await loseMembers(call, tx, { organizationId, userIds: 'all' });
  const userIds = await deleteOrganization(tx.db, organizationId);
  const left = await leaveSharedStreamTogether(tx, organizationId, userIds);
  const body = { organizationId };
  await tell(call, tx, [{ streamId: organizationId, type: 'organization.removed', body }, ...left]);
}

/**
 * Lets other features take from people what they have because they are in an organization, such as its
 * rooms: `App.organizationLeft`, in their order, in the transaction in which the people go. It comes
 * after the row of the organization's stream is locked and before anything of the organization has
 * changed. Not for each one of `'all'`, so that it can be done in a few statements.
 */
export async function loseMembers(
  call: Call,
  tx: Tx,
  left: { organizationId: string; userIds: readonly string[] | 'all' },
): Promise<void> {
  for (const follow of call.app.organizationLeft) {
    await follow(call, tx, left);
  }
}
