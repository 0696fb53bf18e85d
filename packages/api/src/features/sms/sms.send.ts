import type { App } from '../../app.ts';
import { callOfNobody } from '../../call.ts';
import { enqueue, type JobPayloads } from '../../database/queue.ts';
import { transaction } from '../../database/transaction.ts';
import type { SmsMessage, SmsOutcome, SmsResult } from '../../deps.ts';
import { enqueuePoll } from './sms.delivery.ts';
import { enqueueSend, unsealContent } from './sms.outbox.ts';
import {
  claimMessage,
  findMessage,
  finishMessage,
  noteTry,
  type SmsRow,
} from './sms.repository.ts';
import { decideRefusal, leaseMs, nextPoll } from './sms.rules.ts';
import { alertStaff, noteProviders } from './sms.watch.ts';

/** Somebody else has taken the message over: whatever we would do now could be a double. */
class LostClaim extends Error {}

/**
 * The job that sends a message. Whom it asks is written down before it asks; when it stops in the
 * middle, the next run finds out there how far it came, and nothing is sent twice.
 */
export async function sendSms(app: App, { id }: JobPayloads['sms.send']): Promise<void> {
  const claim = app.deps.newId();
  const row = await claimMessage(app.db, { id, claim, now: app.deps.clock.now() });
  if (!row) {
    return waitForOther(app, id);
  }
  const content = unsealContent(app, row);
  if (!content || row.expires_at <= app.deps.clock.now()) {
    return finish(app, row, { claim, result: null });
  }
  const message: SmsMessage = {
    ...content,
    to: row.recipient,
    ref: row.ref,
    isCode: row.purpose === 'code',
  };
  try {
    await finish(app, row, { claim, result: await route(app, row, { claim, message }) });
  } catch (error) {
    if (!(error instanceof LostClaim)) {
      throw error;
    }
    app.deps.log.warn({ sms: id }, 'an SMS was taken over by another process');
  }
}

async function route(
  app: App,
  { id, provider, tried_at: triedAt }: SmsRow,
  { claim, message }: { claim: string; message: SmsMessage },
): Promise<SmsResult> {
  const { deps } = app;
  let asked = provider;
  let refused: Error | null = null;
  const trying = {
    onTry: async (name: string): Promise<void> => {
      try {
        await requireTry(app, { id, claim, provider: name });
      } catch (error) {
        refused = error instanceof Error ? error : new Error('the try was not written down');
        throw refused;
      }
      asked = name;
    },
  };
  try {
    return provider !== null && triedAt !== null
      ? await deps.sms.resume(message, { provider, triedAt }, trying)
      : await deps.sms.send(message, trying);
  } catch (error) {
    if (error === refused) {
      throw error;
    }
    // A gateway that throws has broken its word; what it has done by then nobody knows.
    const reason = error instanceof Error ? error.name : 'unknown error';
    return { outcome: { outcome: 'unknown', reason }, provider: asked, attempts: [] };
  }
}

/** @throws LostClaim when somebody else has taken the message over */
async function requireTry(
  { db, deps }: App,
  attempt: { id: string; claim: string; provider: string },
): Promise<void> {
  if (!(await noteTry(db, { ...attempt, now: deps.clock.now() }))) {
    throw new LostClaim();
  }
}

/** Looks again when whoever is sending the message must be done, or have stopped. */
async function waitForOther({ db, deps }: App, id: string): Promise<void> {
  const row = await findMessage(db, id);
  if (row?.status === 'sending' && row.claimed_at) {
    const silence = deps.clock.now().getTime() - row.claimed_at.getTime();
    await enqueueSend(db, { id, purpose: row.purpose, afterMs: Math.max(0, leaseMs - silence) });
  }
}

/** @param result null when the message's time was over before it could be sent */
async function finish(
  app: App,
  row: SmsRow,
  { claim, result }: { claim: string; result: SmsResult | null },
): Promise<void> {
  const call = callOfNobody(app, 'job');
  const { now } = call;
  const { id, purpose } = row;
  const end = result ? decideEnd(row, result.outcome, now) : lateEnd(row);
  const sentBy = result?.outcome.outcome === 'accepted' ? result : null;
  const pollAt = sentBy ? firstPoll(app, sentBy, now) : null;
  const mine = await transaction(call, async (tx) => {
    const isMine = await finishMessage(tx.db, {
      id,
      claim,
      status: end.status,
      outcome: result?.outcome ?? null,
      provider: result ? result.provider : row.provider,
      attempts: result?.attempts ?? [],
      pollAt,
      now,
    });
    if (!isMine) {
      return false;
    }
    if (end.retryAt) {
      await enqueueSend(tx.db, { id, purpose, afterMs: end.retryAt.getTime() - now.getTime() });
    }
    if (end.status === 'rejected' && row.on_refused === 'otp.refused') {
      await enqueue(tx.db, 'otp.refused', { id }, { key: `otp.refused:${id}`, isUrgent: true });
    }
    if (pollAt && sentBy?.provider) {
      await enqueuePoll(tx.db, sentBy.provider, pollAt, now);
    }
    if (end.status === 'dead') {
      await alertStaff(call, tx, { topic: 'sms.dead', subject: id, detail: whyOf(result) });
    }
    return true;
  });
  if (mine && end.status !== 'accepted') {
    const { status } = end;
    app.deps.log.warn({ sms: id, status, reason: whyOf(result) }, 'SMS not sent');
  }
  await noteProviders(app, result);
}

interface End {
  status: SmsRow['status'];
  retryAt?: Date;
}

function decideEnd(row: SmsRow, outcome: SmsOutcome, now: Date): End {
  if (outcome.outcome !== 'rejected') {
    return { status: outcome.outcome };
  }
  const { purpose, tries, expires_at: expiresAt } = row;
  const refusal = decideRefusal({ purpose, tries, expiresAt }, outcome.scope, now);
  return typeof refusal === 'string' ? { status: refusal } : { status: 'waiting', ...refusal };
}

/** Nobody was asked: it was certainly not sent. Otherwise nobody can say. */
function lateEnd({ provider }: SmsRow): End {
  return { status: provider === null ? 'expired' : 'unknown' };
}

function firstPoll({ deps }: App, { provider, outcome }: SmsResult, now: Date): Date | null {
  const facts = deps.sms.providers.find(({ name }) => name === provider);
  if (!facts || outcome.outcome !== 'accepted' || outcome.providerMessageId === null) {
    return null;
  }
  return nextPoll({ polls: 0, sentAt: now, statusSeconds: facts.statusSeconds }, now);
}

function whyOf(result: SmsResult | null): string {
  if (!result) {
    return 'expired';
  }
  const { outcome } = result;
  if (outcome.outcome === 'accepted') {
    return 'accepted';
  }
  return outcome.outcome === 'rejected' ? outcome.error : outcome.reason;
}
