import type {
  OrganizationFacts,
  OrganizationMemberView,
  OrganizationRole,
  OrganizationView,
} from '@chapar/contract';
import { toUserCard } from '../user/index.ts';
import type { MemberRow } from './organization.members.repository.ts';
import type { OrganizationRow } from './organization.repository.ts';

/** What is the same for everybody who is in. */
export function toFacts(row: OrganizationRow): OrganizationFacts {
  return {
    id: row.id,
    name: row.name,
    handle: row.handle,
    ownerId: row.owner_id,
    createdAt: row.created_at.toISOString(),
  };
}

export function toOrganizationView(row: OrganizationRow, role: OrganizationRole): OrganizationView {
  return { ...toFacts(row), role };
}

export function toMemberView(organizationId: string, row: MemberRow): OrganizationMemberView {
  return {
    organizationId,
    user: toUserCard(row),
    role: row.role,
    joinedAt: row.created_at.toISOString(),
  };
}
