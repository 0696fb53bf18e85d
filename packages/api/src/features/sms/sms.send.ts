import type { App } from '../../app.ts';
import { callOfNobody } from '../../call.ts';
import { enqueue, type JobPayloads } from '../../database/queue.ts';
import { transaction } from '../../database/transaction.ts';
import type { SmsContent, SmsMessage, SmsOutcome, SmsResult, SmsTry } from '../../deps.ts';
import { enqueuePoll } from './sms.delivery.ts';
import { enqueueSend, unsealContent } from './sms.outbox.ts';
import { findMessage, type SmsRow } from './sms.repository.ts';
import {
  claimMessage,
  findOthersAt,
  finishMessage,
  lostProvidersOf,
  noteTry,
} from './sms.send.repository.ts';
import { decideRefusal, leaseMs, nextPoll } from './sms.rules.ts';
import { alertDead, noteProviders } from './sms.watch.ts';

/**
 * A call of a provider that was not made: somebody else has taken the message over, so that it could
 * be a double, or the message's time is over.
 */
class NotTried extends Error {
  /** Whether somebody was asked before who may have the message. */
  readonly mayBeSent: boolean;

  constructor(mayBeSent: boolean) {
    super('the message is not ours any more, or its time is over');
    this.mayBeSent = mayBeSent;
  }
}

/** How a run came out: what the gateway said, or that it was too late to begin anything. */
type Ran = SmsResult | { isLate: true; mayBeSent: boolean };

/**
 * The job that sends a message. Whom it asks is written down before it asks; when it stops in the
 * middle, the next run finds out there how far it came, and nothing is sent twice.
 */
export async function sendSms(app: App, { id }: JobPayloads['sms.send']): Promise<void> {
  const claim = app.deps.newId();
  const row = await claimMessage(app.db, { id, claim, now: app.deps.clock.now() });
  if (row) {
    await finish(app, row, claim, await run(app, row, claim));
  } else {
    await lookAgain(app, id);
  }
}

async function run(app: App, row: SmsRow, claim: string): Promise<Ran> {
  if (row.provider === null && row.expires_at <= app.deps.clock.now()) {
    return { isLate: true, mayBeSent: false };
  }
  const content = readContent(app, row);
  if (!content) {
    return refusedBy('message', 'unreadable');
  }
  const { recipient: to, ref, purpose } = row;
  try {
    return await route(app, row, claim, { ...content, to, ref, isCode: purpose === 'code' });
  } catch (error) {
    if (error instanceof NotTried) {
      return { isLate: true, mayBeSent: error.mayBeSent };
    }
    throw error;
  }
}

/** Null when it does not open: under another key than the one that it was sealed with. */
function readContent(app: App, row: SmsRow): SmsContent | null {
  try {
    return unsealContent(app, row);
  } catch (error) {
    app.deps.log.error({ err: error, sms: row.id }, 'an SMS cannot be read');
    return null;
  }
}

async function route(
  app: App,
  row: SmsRow,
  claim: string,
  message: SmsMessage,
): Promise<SmsResult> {
  const { deps } = app;
  const { provider, tried_at: triedAt } = row;
  let asked = provider;
  let stopped: unknown = null;
  const trying = {
    onTry: async (attempt: SmsTry): Promise<void> => {
      try {
        await requireTry(app, row.id, claim, attempt);
      } catch (error) {
        stopped = error;
        throw error;
      }
      asked = attempt.provider;
    },
    othersAt: (name: string) => findOthersAt(app.db, row, name),
  };
  try {
    return provider !== null && triedAt !== null
      ? await deps.sms.resume(message, { provider, triedAt, lostAt: lostProvidersOf(row) }, trying)
      : await deps.sms.send(message, trying);
  } catch (error) {
    if (error === stopped) {
      throw error;
    }
    // A gateway that throws has broken its word; what it has done once it asked nobody knows.
    const reason = error instanceof Error ? error.name : 'unknown error';
    return asked === null
      ? refusedBy('provider', reason)
      : { outcome: { outcome: 'unknown', reason }, provider: asked, attempts: [] };
  }
}

/** @throws NotTried */
async function requireTry(
  { db, deps }: App,
  id: string,
  claim: string,
  { provider, action, lostAt }: SmsTry,
): Promise<void> {
  const isSend = action === 'send';
  const now = deps.clock.now();
  if (!(await noteTry(db, { id, claim, provider, lostProviders: lostAt, isSend, now }))) {
    throw new NotTried(!isSend || lostAt.length > 0);
  }
}

function refusedBy(scope: 'message' | 'provider', error: string): SmsResult {
  const outcome = { outcome: 'rejected' as const, scope, error, providerCode: null };
  return { outcome, provider: null, attempts: [] };
}

/** Runs again when whoever is sending the message must be done, or have stopped. */
async function lookAgain({ db, deps }: App, id: string): Promise<void> {
  const row = await findMessage(db, id);
  if (row?.status === 'sending' && row.claimed_at) {
    const silence = deps.clock.now().getTime() - row.claimed_at.getTime();
    await enqueueSend(db, { id, purpose: row.purpose, afterMs: Math.max(0, leaseMs - silence) });
  }
}

/** Writes down how it ended, with everything that follows from it, or nothing of both. */
async function finish(app: App, row: SmsRow, claim: string, ran: Ran): Promise<void> {
  const call = callOfNobody(app, 'job');
  const { now } = call;
  const { id, purpose } = row;
  const result = 'isLate' in ran ? null : ran;
  const { status, retryAt } = 'isLate' in ran ? lateEnd(ran) : decideEnd(row, ran.outcome, now);
  const why = whyOf(result);
  const pollAt = result && firstPoll(app, result, now);
  const isMine = await transaction(call, async (tx) => {
    const finished = await finishMessage(tx.db, {
      id,
      claim,
      status,
      outcome: result?.outcome ?? null,
      provider: result ? result.provider : row.provider,
      attempts: result?.attempts ?? [],
      pollAt,
      now,
    });
    if (!finished) {
      return false;
    }
    if (retryAt) {
      await enqueueSend(tx.db, { id, purpose, afterMs: retryAt.getTime() - now.getTime() });
    }
    if (row.on_refused === 'otp.refused' && (status === 'rejected' || status === 'expired')) {
      await enqueue(tx.db, 'otp.refused', { id }, { key: `otp.refused:${id}`, isUrgent: true });
    }
    if (pollAt && result.provider !== null) {
      await enqueuePoll(tx.db, result.provider, pollAt, now);
    }
    return true;
  });
  if (!isMine) {
    app.deps.log.warn({ sms: id }, 'an SMS was taken over by another process');
  } else if (status !== 'accepted') {
    app.deps.log.warn({ sms: id, status, reason: why }, 'SMS not sent');
  }
  if (isMine && status === 'dead') {
    await alertDead(app, id, why);
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

/** Certainly not sent, or nobody can say. */
function lateEnd({ mayBeSent }: { mayBeSent: boolean }): End {
  return { status: mayBeSent ? 'unknown' : 'expired' };
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
