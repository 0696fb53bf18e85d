import type { AdminAlert } from '@chapar/contract';
import type { App } from '../../app.ts';
import { callOfNobody, type Call } from '../../call.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import type { SmsResult } from '../../deps.ts';
import { tell } from '../stream/index.ts';
import { findStaffIds } from '../user/index.ts';
import { markClosed, markCredit, markOpen, saveCredit } from './sms.providers.ts';

/** Tells the live streams of all staff. */
export async function alertStaff(call: Call, tx: Tx, alert: AdminAlert): Promise<void> {
  const staff = await findStaffIds(tx.db);
  await tell(
    call,
    tx,
    staff.map((streamId) => ({ streamId, type: 'admin.alert' as const, body: alert })),
  );
}

/**
 * Notes which providers are left out since a message was sent, and which work again. Staff hear of
 * each trouble once, however many processes meet it.
 */
export async function noteProviders(app: App, result: SmsResult | null): Promise<void> {
  const { db, deps } = app;
  if (result?.outcome.outcome === 'accepted' && result.provider !== null) {
    await markOpen(db, result.provider);
  }
  for (const { provider, template, reason } of deps.sms.closed()) {
    if (template === null) {
      await tellOnce(
        app,
        { topic: 'sms.provider-closed', subject: provider, detail: reason },
        (tx) => markClosed(tx.db, provider, reason),
      );
    }
  }
}

/**
 * Looks what is left on the accounts with providers, and tells staff when it becomes too little.
 *
 * @returns how many providers have answered
 */
export async function watchCredit(app: App): Promise<number> {
  const { db, deps, config } = app;
  let answered = 0;
  for (const { name, hasCredit } of deps.sms.providers) {
    const credit = hasCredit ? await deps.sms.credit(name) : null;
    if (!credit) {
      continue;
    }
    answered += 1;
    await saveCredit(db, name, credit, deps.clock.now());
    const floor = config.sms.creditFloors.get(name);
    const isLow = floor !== undefined && Number(credit.amount) < floor;
    if (!isLow) {
      await markCredit(db, name, false);
      continue;
    }
    const detail = `${credit.amount} ${credit.unit}`;
    await tellOnce(app, { topic: 'sms.credit-low', subject: name, detail }, (tx) =>
      markCredit(tx.db, name, true),
    );
  }
  return answered;
}

/** Tells staff and the log, where `mark` says that it is new. */
async function tellOnce(
  app: App,
  alert: AdminAlert,
  mark: (tx: Tx) => Promise<boolean>,
): Promise<void> {
  const call = callOfNobody(app, 'job');
  const isNew = await transaction(call, async (tx) => {
    const marked = await mark(tx);
    if (marked) {
      await alertStaff(call, tx, alert);
    }
    return marked;
  });
  if (isNew) {
    app.deps.log.warn(alert, 'an SMS provider needs to be looked after');
  }
}
