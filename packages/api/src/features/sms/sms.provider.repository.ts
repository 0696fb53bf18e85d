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

/**
 * Writes down that a provider is left out by this process, and why.
 *
 * @returns whether that was not known before: of several who find it out at once, one is told so
 */
export async function markClosed(
  db: Db,
  name: string,
  reason: string,
  now: Date,
): Promise<boolean> {
  const known = await db
    .updateTable('sms_providers')
    .set({ closed_at: now })
    .where('name', '=', name)
    .where('closed_reason', 'is not', null)
    .executeTakeFirstOrThrow();
  if (known.numUpdatedRows === 1n) {
    return false;
  }
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('sms_providers')
    .values({ name, is_credit_low: false, closed_reason: reason, closed_at: now })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ closed_reason: reason, closed_at: now })
        .where('sms_providers.closed_reason', 'is', null),
    )
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/**
 * Writes down that a provider takes messages again, where no process has found it left out since an
 * instant: what one may leave out, another may send through.
 */
export async function markOpen(db: Db, name: string, since: Date): Promise<void> {
  await db
    .updateTable('sms_providers')
    .set({ closed_reason: null, closed_at: null })
    .where('name', '=', name)
    .where('closed_at', '<=', since)
    .execute();
}
