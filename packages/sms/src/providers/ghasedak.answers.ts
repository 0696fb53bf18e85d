import { senderOf } from '../mobile.ts';
import {
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
  type DeliveryReport,
  type SendOutcome,
} from '../outcome.ts';
import type { InboundMessage } from '../provider.ts';
import { codes, states } from './ghasedak.codes.ts';

/** What every answer is wrapped in. */
interface Envelope {
  isSuccess: boolean;
  /** The result code; null where there is none. */
  code: string | null;
  data: unknown;
}

const okCode = '200';

/** Iran's time, which has no summer time since 2022. */
const tehran = '+03:30';
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/;

/**
 * A field by its name in whatever case. The provider's page writes `IsSuccess`, its PHP SDK reads
 * `isSuccess`, and both are in use.
 */
export function fieldOfAnyCase(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const wanted = name.toLowerCase();
  return Object.entries(value).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

/** What came back for a message. The answer's own code decides, not the HTTP status. */
export function readSend(answer: HttpAnswer | HttpFailure): SendOutcome {
  if ('failed' in answer) {
    return outcomeOfFailure(answer);
  }
  const { status } = answer;
  const envelope = readEnvelope(answer.body);
  if (envelope && !envelope.isSuccess && envelope.code !== null && envelope.code !== okCode) {
    return readRefusal(envelope.code, status);
  }
  const item =
    envelope && isOk(envelope, status) ? (listOf(envelope.data) ?? [envelope.data])[0] : null;
  return typeof item === 'object' && item !== null
    ? readAccepted(item)
    : (outcomeOfStatus(status) ?? unknown('bad-body', status));
}

/** What a question was answered with; undefined for everything but success. */
export function readData(answer: HttpAnswer | HttpFailure): unknown {
  if ('failed' in answer) {
    return undefined;
  }
  const envelope = readEnvelope(answer.body);
  return envelope && isOk(envelope, answer.status) ? envelope.data : undefined;
}

/** A list, which is the data itself or its `Items`; null where there is neither. */
export function listOf(data: unknown): unknown[] | null {
  const list = Array.isArray(data) ? data : fieldOfAnyCase(data, 'items');
  return Array.isArray(list) ? list : null;
}

export function toReport(item: unknown): DeliveryReport | null {
  const providerMessageId = idOf(fieldOfAnyCase(item, 'messageId'));
  const code = codeOf(fieldOfAnyCase(item, 'status'));
  return providerMessageId === null
    ? null
    : { providerMessageId, state: states[code ?? ''] ?? 'unknown', providerCode: code };
}

export function toInbound(item: unknown): InboundMessage {
  return {
    providerMessageId: idOf(fieldOfAnyCase(item, 'id')),
    from: senderOf(idOf(fieldOfAnyCase(item, 'sender'))),
    line: idOf(fieldOfAnyCase(item, 'lineNumber')) ?? '',
    text: idOf(fieldOfAnyCase(item, 'message')) ?? '',
    receivedAt: toInstant(fieldOfAnyCase(item, 'receiveDate')),
  };
}

/** Some of the provider's times lack an offset; that they are Iran's then is our assumption. */
function toInstant(written: unknown): Date | null {
  const match = typeof written === 'string' ? instant.exec(written) : null;
  if (!match) {
    return null;
  }
  const at = new Date(match[1] === undefined ? `${match[0]}${tehran}` : match[0]);
  return Number.isNaN(at.getTime()) ? null : at;
}

function readEnvelope(body: string): Envelope | null {
  const answer = readJson(body);
  const isSuccess = fieldOfAnyCase(answer, 'isSuccess');
  const written = fieldOfAnyCase(answer, 'statusCode') ?? null;
  const code = codeOf(written);
  return typeof isSuccess === 'boolean' && (code !== null || written === null)
    ? { isSuccess, code, data: fieldOfAnyCase(answer, 'data') }
    : null;
}

/** Codes are short numbers; nothing else goes into an outcome. */
function codeOf(value: unknown): string | null {
  const code = idOf(value);
  return code !== null && /^\d{1,4}$/.test(code) ? code : null;
}

function isOk({ isSuccess, code }: Envelope, status: number): boolean {
  return isSuccess && (code === null || code === okCode) && status >= 200 && status <= 299;
}

/** Codes of a server that broke down say as little about the message as its HTTP statuses do. */
function readRefusal(code: string, status: number): SendOutcome {
  const lost = outcomeOfStatus(Number(code));
  return lost
    ? unknown(lost.reason, status)
    : rejected(codes[code] ?? ['provider', 'unexpected'], code, status);
}

function readAccepted(item: unknown): Accepted {
  const cost = idOf(fieldOfAnyCase(item, 'cost'));
  return accepted(
    idOf(fieldOfAnyCase(item, 'messageId')),
    cost === null || !/^\d+(?:\.\d+)?$/.test(cost) ? {} : { cost: { amount: cost, unit: 'IRR' } },
  );
}
