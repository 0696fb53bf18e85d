import type { Me, UserCard } from '@chapar/contract';
import type { UserRow } from './user.repository.ts';

/** What others may see. */
export function toUserCard(row: Pick<UserRow, 'id' | 'first_name' | 'last_name'>): UserCard {
  return { id: row.id, firstName: row.first_name, lastName: row.last_name };
}

/** What the person sees of themselves. */
export function toMe(row: UserRow): Me {
  return {
    ...toUserCard(row),
    phone: row.phone,
    email: row.email,
    kind: row.kind,
    birthday: row.birthday,
    language: row.language,
    timeZone: row.time_zone,
    presenceVisibility: row.presence_visibility,
    showsReceipts: row.shows_receipts,
    createdAt: row.created_at,
  };
}
