import type { OrganizationCreate, OrganizationView } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { openSharedStream, tell } from '../stream/index.ts';
import { insertMember } from './organization.members.repository.ts';
import { orRefuse } from './organization.refuse.ts';
import {
  claimHandle,
  countOrganizations,
  findOrganization,
  insertOrganization,
  isStreamTaken,
  lockPerson,
  ownsOrganization,
} from './organization.repository.ts';
import { decideCreate, isSameOrganization, type Created } from './organization.rules.ts';
import { toOrganizationView } from './organization.view.ts';

/**
 * Makes an organization that belongs to the caller. A repeat under the same id gets what is stored.
 *
 * @throws AppError `ORGANIZATION_ID_TAKEN`, `ORGANIZATION_HANDLE_TAKEN`,
 *   `ORGANIZATION_OWNER_HAS_ONE`, `ORGANIZATION_TOO_MANY`
 */
export function createOrganization(
  call: SignedInCall,
  { id, name, handle }: OrganizationCreate,
): Promise<OrganizationView> {
  const { app, actor } = call;
  const asked = { id, ownerId: actor.userId, name, handle };
  return transaction(call, async (tx) => {
    // A repeat of the same person waits here for the first one, and then finds it.
    await lockPerson(tx.db, actor.userId);
    const stored = await findStored(tx, asked);
    if (stored) {
      return stored;
    }
    const most = app.config.organization;
    const ownsOne = await ownsOrganization(tx.db, actor.userId);
    const organizations = await countOrganizations(tx.db, actor.userId);
    orRefuse(decideCreate({ ownsOne, organizations }, most), most);
    if (!(await claimHandle(tx.db, handle, id))) {
      throw new AppError('ORGANIZATION_HANDLE_TAKEN');
    }
    return insert(call, tx, asked);
  });
}

/** @throws AppError `ORGANIZATION_ID_TAKEN` for an id that is something else's, or was */
async function findStored(
  tx: Tx,
  asked: Created & { id: string },
): Promise<OrganizationView | undefined> {
  const row = await findOrganization(tx.db, asked.id);
  if (row && isSameOrganization({ ...row, ownerId: row.owner_id }, asked)) {
    return toOrganizationView(row, 'owner');
  }
  if (row || (await isStreamTaken(tx.db, asked.id))) {
    throw idTaken(asked.id);
  }
  return undefined;
}

async function insert(
  call: SignedInCall,
  tx: Tx,
  asked: Created & { id: string },
): Promise<OrganizationView> {
  const { now } = call;
  const { id, ownerId } = asked;
  const row = await insertOrganization(tx.db, { ...asked, now });
  if (!row) {
    throw idTaken(id);
  }
  const joined = await openSharedStream(tx, id, [ownerId]);
  await insertMember(tx.db, { organizationId: id, userId: ownerId, role: 'owner', now });
  const view = toOrganizationView(row, 'owner');
  await tell(call, tx, [...joined, { streamId: ownerId, type: 'organization.joined', body: view }]);
  return view;
}

function idTaken(id: string): AppError {
  return new AppError('ORGANIZATION_ID_TAKEN', { data: { id } });
}
