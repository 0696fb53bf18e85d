import { senderOf } from '../mobile.ts';
import {
  field,
  idOf,
  outcomeOfFailure,
  outcomeOfStatus,
  readJson,
  type HttpAnswer,
  type HttpFailure,
} from '../http.ts';
import {
  accepted,
  rejected,
  unknown,
  type Accepted,
  type Credit,
  type DeliveryReport,
  type Rejected,
  type SendOutcome,
  type Unknown,
} from '../outcome.ts';
import type { InboundMessage } from '../provider.ts';
import { kavenegarCodes, kavenegarStates } from './kavenegar.codes.ts';

/** What a question comes to: its answer, or why there is none. */
export type KavenegarAnswer<T> = { outcome: 'answered'; value: T } | Rejected | Unknown;

/** The state of a message. */
export interface KavenegarReport extends DeliveryReport {
  /** Our number of it, where it was asked for by that. */
  localId: string | null;
  /** The recipient, where it was asked for by that. */
  receptor: string | null;
}

/** A message that was sent. Its text may hold a code: it belongs in no log. */
export interface KavenegarMessage extends KavenegarReport {
  text: string;
  line: string | null;
  sentAt: Date | null;
  cost: Credit | null;
}

/** How many messages, of how many parts; costs are counted for sent ones only. */
export interface KavenegarCount {
  count: number;
  parts: number | null;
  cost: Credit | null;
}

export interface KavenegarAccount {
  credit: Credit;
  expiresAt: Date | null;
  /** `master` or `child`. */
  type: string | null;
}

/** The body of an answer that says 200. */
export interface KavenegarBody {
  entries: unknown;
  /** Of paged lists. */
  metadata: unknown;
}

/**
 * What came back. The body decides, not the HTTP status: they are the same number by the
 * documentation, except where that would be no HTTP status (607).
 */
export function readAnswer(answer: HttpAnswer | HttpFailure): KavenegarAnswer<KavenegarBody> {
  if ('failed' in answer) {
    return outcomeOfFailure(answer);
  }
  const body = readJson(answer.body);
  const code = codeOf(field(field(body, 'return'), 'status'));
  if (code === null) {
    return outcomeOfStatus(answer.status) ?? unknown('bad-body', answer.status);
  }
  if (code !== 200) {
    return refusalOf(code, answer.status);
  }
  const entries = field(body, 'entries') ?? null;
  return typeof entries === 'object'
    ? { outcome: 'answered', value: { entries, metadata: field(body, 'metadata') } }
    : unknown('bad-body', answer.status);
}

/** A code that no page lists is a refusal too, unless it reads as a breakdown of their server. */
function refusalOf(code: number, httpStatus: number): Rejected | Unknown {
  const because = kavenegarCodes[code];
  if (!because && code >= 500 && code <= 599) {
    return unknown('http-5xx', httpStatus);
  }
  return rejected(because ?? ['provider', 'unexpected'], code, httpStatus);
}

function codeOf(value: unknown): number | null {
  const text = idOf(value);
  return text !== null && /^[1-9]\d{2}$/.test(text) ? Number(text) : null;
}

/**
 * Entries as a list: the documentation has an array, older samples a bare object, and nothing at
 * all where there is nothing to tell.
 */
export function listOf(entries: unknown): unknown[] {
  if (Array.isArray(entries)) {
    return entries;
  }
  const isEntry =
    typeof entries === 'object' && entries !== null && Object.keys(entries).length > 0;
  return isEntry ? [entries] : [];
}

/**
 * Outcomes of a call for many recipients, in their order. Entries come in it by the documentation;
 * when their number differs they are told by their recipient.
 *
 * @param receptors as they were sent
 */
export function toOutcomes(
  answer: KavenegarAnswer<KavenegarBody>,
  receptors: readonly string[],
): SendOutcome[] {
  if (answer.outcome !== 'answered') {
    return receptors.map(() => answer);
  }
  const entries = listOf(answer.value.entries);
  if (entries.length === receptors.length) {
    return entries.map(toAccepted);
  }
  if (entries.length === 0 || receptors.length === 1) {
    return receptors.map(() => toAccepted(entries[0]));
  }
  return receptors.map((receptor) => {
    const entry = entries.find((one) => idOf(field(one, 'receptor')) === receptor);
    return entry === undefined ? unknown('bad-body') : toAccepted(entry);
  });
}

function toAccepted(entry: unknown): Accepted {
  const cost = moneyOf(field(entry, 'cost'));
  return accepted(messageIdOf(field(entry, 'messageid')), cost === null ? {} : { cost });
}

/** Message ids are positive whole numbers. */
export function messageIdOf(value: unknown): string | null {
  const id = idOf(value);
  return id !== null && /^[1-9]\d*$/.test(id) ? id : null;
}

/** All amounts are Rial, as the documentation says. */
function moneyOf(value: unknown): Credit | null {
  const amount = idOf(value);
  return amount !== null && /^-?\d+(\.\d+)?$/.test(amount) ? { amount, unit: 'IRR' } : null;
}

/** Seconds since 1970. */
export function dateOf(value: unknown): Date | null {
  const seconds = idOf(value);
  return seconds !== null && /^[1-9]\d{0,10}$/.test(seconds)
    ? new Date(Number(seconds) * 1_000)
    : null;
}

export function toReport(entry: unknown): KavenegarReport {
  const code = idOf(field(entry, 'status'));
  return {
    providerMessageId: idOf(field(entry, 'messageid')) ?? '',
    state: kavenegarStates[Number(code)] ?? 'unknown',
    providerCode: code,
    localId: idOf(field(entry, 'localid')),
    receptor: idOf(field(entry, 'receptor')),
  };
}

export function toMessage(entry: unknown): KavenegarMessage {
  return {
    ...toReport(entry),
    text: idOf(field(entry, 'message')) ?? '',
    line: idOf(field(entry, 'sender')),
    sentAt: dateOf(field(entry, 'date')),
    cost: moneyOf(field(entry, 'cost')),
  };
}

export function toInbound(entry: unknown): InboundMessage {
  return {
    providerMessageId: messageIdOf(field(entry, 'messageid')),
    from: senderOf(idOf(field(entry, 'sender'))),
    line: idOf(field(entry, 'receptor')) ?? '',
    text: idOf(field(entry, 'message')) ?? '',
    receivedAt: dateOf(field(entry, 'date')),
  };
}

export function toCount(entry: unknown): KavenegarCount | null {
  const count = idOf(field(entry, 'sumcount'));
  const parts = idOf(field(entry, 'sumpart'));
  return count === null
    ? null
    : {
        count: Number(count),
        parts: parts === null ? null : Number(parts),
        cost: moneyOf(field(entry, 'cost')),
      };
}

export function toAccount(entry: unknown): KavenegarAccount | null {
  const credit = moneyOf(field(entry, 'remaincredit'));
  return credit === null
    ? null
    : { credit, expiresAt: dateOf(field(entry, 'expiredate')), type: idOf(field(entry, 'type')) };
}
