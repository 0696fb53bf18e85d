import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { findOrganizationRole, lockOrganization } from './organization.repository.ts';
import { refusalError } from './organization.refuse.ts';
import type { Place } from './organization.rules.ts';

/**
 * Runs a change of an organization in a transaction of its own. The row of its stream is locked first,
 * so that changes of one organization take turns, and what is read afterwards stays true until the end.
 *
 * @param work gets the caller's role as it is in this turn
 * @throws AppError `ORGANIZATION_NOT_FOUND` for who is not in it
 */
export function inTurn<T>(
  call: SignedInCall,
  organizationId: string,
  work: (tx: Tx, mine: NonNullable<Place>) => Promise<T>,
): Promise<T> {
  const { app, actor } = call;
  return transaction(call, async (tx) => {
    const isIn = await lockOrganization(tx.db, organizationId, actor.userId);
    const mine = isIn ? await findOrganizationRole(tx.db, organizationId, actor.userId) : undefined;
    if (mine === undefined) {
      throw refusalError('not-found', app.config.organization);
    }
    return work(tx, mine);
  });
}
