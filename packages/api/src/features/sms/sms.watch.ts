import type { AdminAlert } from '@chapar/contract';
import type { App } from '../../app.ts';
import { callOfNobody, type Call } from '../../call.ts';
import { after, minute } from '../../kernel/duration.ts';
import { transaction, type Tx } from '../../database/transaction.ts';
import type { SmsCost, SmsResult } from '../../deps.ts';
import { tell } from '../stream/index.ts';
import { findStaffIds } from '../user/index.ts';
import { markClosed, markCredit, markOpen, saveCredit } from './sms.provider.repository.ts';

/** Longer than any process leaves a provider out before it tries it again. */
const quietMs = 15 * minute;

/** Alerts of one kind that come in a burst: the first tells, the list has the others. */
const deadAlerts = { most: 1, seconds: 600 };

/** Tells the live streams of all staff. */
async function alertStaff(call: Call, tx: Tx, alert: AdminAlert): Promise<void> {
  const staff = await findStaffIds(tx.db);
  await tell(
    call,
    tx,
    staff.map((streamId) => ({ streamId, type: 'admin.alert' as const, body: alert })),
  );
}

/** Tells staff of a message that no provider would take; of many within ten minutes of the first. */
export async function alertDead(app: App, id: string, why: string): Promise<void> {
  const { allowed } = await app.limiters.durable.spend('sms-dead-alert', deadAlerts);
  if (allowed) {
    const call = callOfNobody(app, 'job');
    const alert = { topic: 'sms.dead' as const, subject: id, detail: why };
    await transaction(call, (tx) => alertStaff(call, tx, alert));
  }
}

/**
 * Notes which providers are left out since a message was sent, and which work again. Staff hear of
 * each trouble once, however many processes meet it.
 */
export async function noteProviders(app: App, result: SmsResult | null): Promise<void> {
  const { db, deps } = app;
  const now = deps.clock.now();
  if (result?.outcome.outcome === 'accepted' && result.provider !== null) {
    await markOpen(db, result.provider, after(now, -quietMs));
  }
  for (const { provider, template, reason } of deps.sms.closed()) {
    if (template === null) {
      await tellOnce(
        app,
        { topic: 'sms.provider-closed', subject: provider, detail: reason },
        (tx) => markClosed(tx.db, provider, reason, now),
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
  const { deps } = app;
  let answered = 0;
  for (const { name, hasCredit } of deps.sms.providers) {
    try {
      const credit = hasCredit ? await deps.sms.credit(name) : null;
      if (credit) {
        answered += 1;
        await noteCredit(app, name, credit);
      }
    } catch (error) {
      // One provider's trouble is not the others', and the next look comes.
      deps.log.warn({ err: error, provider: name }, 'the credit could not be looked at');
    }
  }
  return answered;
}

async function noteCredit(app: App, name: string, credit: SmsCost): Promise<void> {
  const { db, deps, config } = app;
  await saveCredit(db, name, credit, deps.clock.now());
  const floor = config.sms.creditFloors.get(name);
  if (floor === undefined || Number(credit.amount) >= floor) {
    await markCredit(db, name, false);
    return;
  }
  const detail = `${credit.amount} ${credit.unit}`;
  await tellOnce(app, { topic: 'sms.credit-low', subject: name, detail }, (tx) =>
    markCredit(tx.db, name, true),
  );
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
