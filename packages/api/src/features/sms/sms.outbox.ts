import type { SmsPurpose } from '@chapar/contract';
import type { App } from '../../app.ts';
import type { Call } from '../../call.ts';
import { enqueue } from '../../database/queue.ts';
import type { Db } from '../../database/tables.ts';
import type { SmsContent, SmsFault } from '../../deps.ts';
import { seal, unseal } from '../../kernel/seal.ts';
import { insertMessage, type SmsRow } from './sms.repository.ts';
import { maskValues } from './sms.rules.ts';

const ivBytes = 12;
/** Digits of a provider's number of ours: milliseconds and five that nobody can foresee. */
const refDigits = 5;
const refSpread = 10 ** refDigits;
const refTries = 3;

/** An SMS that is to be sent. */
export interface SmsWanted {
  /** One SMS for each id. */
  id: string;
  /** E.164. */
  to: string;
  purpose: SmsPurpose;
  content: SmsContent;
  /** Names of values that must not be kept readable. */
  secretValues?: readonly string[];
  expiresAt: Date;
  /** The job that is told when it was refused for good. */
  onRefused?: 'otp.refused';
  sender?: { userId: string } | { service: string };
}

/** Why nothing was queued: the words cannot be written, or the id is used. */
export type QueueFault = SmsFault | 'id-taken';

/**
 * Puts an SMS into the outbox and its job into the queue, within the caller's transaction: both are
 * there after the commit, or none. What is sent rests encrypted until then; what stays is the text
 * with dots in the place of secrets.
 *
 * @returns what is wrong, or null
 */
export async function queueSms(call: Call, db: Db, wanted: SmsWanted): Promise<QueueFault | null> {
  const { id, to, content, purpose, secretValues = [], sender } = wanted;
  const { deps, secrets } = call.app;
  const draft = deps.sms.draft(content);
  if ('fault' in draft) {
    return draft.fault;
  }
  const isTemplate = content.kind === 'template';
  const hasSecrets = isTemplate && secretValues.length > 0;
  const masked = hasSecrets
    ? deps.sms.draft({ ...content, values: maskValues(content.values, secretValues) })
    : draft;
  const row = {
    id,
    recipient: to,
    purpose,
    template: isTemplate ? content.template : null,
    language: isTemplate ? content.language : null,
    text: 'fault' in masked ? '' : masked.text,
    sealed: seal(secrets.seal, deps.random.bytes(ivBytes), JSON.stringify(content), context(id)),
    status: 'waiting' as const,
    parts: draft.parts,
    tries: 0,
    attempts: '[]',
    lost_providers: '[]',
    polls: 0,
    on_refused: wanted.onRefused ?? null,
    sender_id: sender && 'userId' in sender ? sender.userId : null,
    service: sender && 'service' in sender ? sender.service : null,
    created_at: call.now,
    expires_at: wanted.expiresAt,
  };
  for (let attempt = 0; attempt < refTries; attempt += 1) {
    if (await insertMessage(db, { ...row, ref: newRef(call.app, attempt) })) {
      await enqueueSend(db, { id, purpose });
      return null;
    }
  }
  return 'id-taken';
}

/** Has a message that is in the outbox sent. */
export function enqueueSend(
  db: Db,
  { id, purpose, ...when }: { id: string; purpose: string; afterMs?: number; keepsTime?: boolean },
): Promise<void> {
  const isUrgent = purpose === 'code';
  return enqueue(db, 'sms.send', { id }, { key: `sms.send:${id}`, isUrgent, ...when });
}

/** What a message that waits says. */
export function unsealContent({ secrets }: App, { id, sealed }: SmsRow): SmsContent | null {
  return sealed === null
    ? null
    : (JSON.parse(unseal(secrets.seal, sealed, context(id))) as SmsContent);
}

/** A sealed message opens under its own id only, and nothing else that is sealed passes for one. */
function context(id: string): string {
  return `sms:${id}`;
}

/**
 * The number by which providers know a message: 18 digits. Made of the time, so that an installation
 * that begins anew with the same account does not use a number twice, which would send nothing.
 */
export function newRef({ deps }: App, attempt = 0): string {
  const random = (deps.random.integer(refSpread) + attempt) % refSpread;
  return `${deps.clock.now().getTime()}${String(random).padStart(refDigits, '0')}`;
}
