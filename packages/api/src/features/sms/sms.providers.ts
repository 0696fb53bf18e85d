import type { Selectable } from 'kysely';
import type { Db, Tables } from '../../database/tables.ts';
import type { SmsCost } from '../../deps.ts';

export type SmsProviderRow = Selectable<Tables['sms_providers']>;

/** What is known of the accounts with providers. */
export function findProviders(db: Db): Promise<SmsProviderRow[]> {
  return db.selectFrom('sms_providers').selectAll().execute();
}

/** Writes down what is left on an account. */
export async function saveCredit(
  db: Db,
  name: string,
  { amount, unit }: SmsCost,
  now: Date,
): Promise<void> {
  const credit = { credit_amount: amount, credit_unit: unit, credit_at: now };
  await db
    .insertInto('sms_providers')
    .values({ name, ...credit, is_credit_low: false, closed_reason: null })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(credit))
    .execute();
}

/** @returns whether that was not known before: of several who find it out at once, one is told so */
export async function markCredit(db: Db, name: string, isLow: boolean): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sms_providers')
    .set({ is_credit_low: isLow })
    .where('name', '=', name)
    .where('is_credit_low', '=', !isLow)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Writes down why a provider refuses our account. @returns whether that was not known before */
export async function markClosed(db: Db, name: string, reason: string): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('sms_providers')
    .values({ name, is_credit_low: false, closed_reason: reason })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ closed_reason: reason })
        .where('sms_providers.closed_reason', 'is', null),
    )
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** Writes down that a provider has taken a message again. */
export async function markOpen(db: Db, name: string): Promise<void> {
  await db
    .updateTable('sms_providers')
    .set({ closed_reason: null })
    .where('name', '=', name)
    .where('closed_reason', 'is not', null)
    .execute();
}
