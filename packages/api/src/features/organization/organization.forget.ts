import type { Call } from '../../call.ts';
import type { Db } from '../../database/tables.ts';
import type { Tx } from '../../database/transaction.ts';
import { letGo, passOn } from './organization.members.ts';
import { findHeir, type MemberRow } from './organization.members.repository.ts';
import {
  deleteHandles,
  findOrganizationRole,
  lockOrganizationsOf,
  lockPerson,
  ownsOrganization,
} from './organization.repository.ts';
import { endOrganization } from './organization.service.ts';

/**
 * Takes a person who is erased out of their organizations. One that they own passes to its oldest admin,
 * else to the oldest member, of those who own none; where there is nobody it ends, and its handles, which
 * may be the person's name, are free again.
 */
export async function forgetOrganizations(call: Call, tx: Tx, userId: string): Promise<void> {
  for (const organizationId of await lockOrganizationsOf(tx.db, userId)) {
    const role = await findOrganizationRole(tx.db, organizationId, userId);
    const heir = role === 'owner' ? await lockHeir(tx.db, organizationId) : undefined;
    if (role === 'owner' && !heir) {
      await endOrganization(call, tx, organizationId);
      await deleteHandles(tx.db, organizationId);
      continue;
    }
    if (heir) {
      await passOn(call, tx, { organizationId, fromId: userId, heir });
    }
    if (role !== undefined) {
      await letGo(call, tx, { organizationId, userId });
    }
  }
}

/** Finds somebody to own an organization, who comes to own no other one meanwhile. */
async function lockHeir(db: Db, organizationId: string): Promise<MemberRow | undefined> {
  for (;;) {
    const heir = await findHeir(db, organizationId);
    if (!heir) {
      return undefined;
    }
    await lockPerson(db, heir.id);
    if (!(await ownsOrganization(db, heir.id))) {
      return heir;
    }
  }
}
