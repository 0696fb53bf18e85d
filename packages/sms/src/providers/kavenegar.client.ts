import { field, idOf } from '../http.ts';
import { toNational } from '../mobile.ts';
import type { InboundMessage } from '../provider.ts';
import {
  dateOf,
  listOf,
  toAccount,
  toCount,
  toInbound,
  toMessage,
  toReport,
  type KavenegarAccount,
  type KavenegarAnswer,
  type KavenegarCount,
  type KavenegarMessage,
  type KavenegarReport,
} from './kavenegar.answers.ts';
import {
  chunksOf,
  createKavenegarCalls,
  secondsOf,
  type KavenegarCalls,
  type KavenegarClientOptions,
} from './kavenegar.calls.ts';
import { kavenegarLimits } from './kavenegar.codes.ts';
import { createKavenegarSending, type KavenegarSending } from './kavenegar.sending.ts';

/** At most one day; without an end, one day. */
export interface KavenegarSpan {
  from: Date;
  to?: Date;
}

export interface KavenegarInbox {
  line: string;
  /** False asks for new texts, true for those that were fetched before. */
  isRead: boolean;
  /** Two days at most. */
  span?: KavenegarSpan;
  page?: number;
}

/** Settings of an account, in the provider's own words. */
export type KavenegarSetting =
  | 'apilogs'
  | 'debugmode'
  | 'defaultsender'
  | 'mincreditalarm'
  | 'resendfailed';

export interface KavenegarClient extends KavenegarSending, Pick<KavenegarCalls, 'ask'> {
  status(messageIds: readonly string[]): Promise<KavenegarAnswer<KavenegarReport[]>>;
  /** By our numbers, for 12 hours. */
  statusByLocalId(refs: readonly string[]): Promise<KavenegarAnswer<KavenegarReport[]>>;
  /** Everything that was sent to one number. @param to E.164 */
  statusByReceptor(to: string, span: KavenegarSpan): Promise<KavenegarAnswer<KavenegarReport[]>>;
  /** Whole messages. Like the next two, for addresses that the panel lists: code 407 otherwise. */
  select(messageIds: readonly string[]): Promise<KavenegarAnswer<KavenegarMessage[]>>;
  /** At most 500, from the last three days. */
  selectOutbox(span: KavenegarSpan, sender?: string): Promise<KavenegarAnswer<KavenegarMessage[]>>;
  latestOutbox(size?: number, sender?: string): Promise<KavenegarAnswer<KavenegarMessage[]>>;
  /** @param status a code of a state; all when left out */
  countOutbox(span: KavenegarSpan, status?: number): Promise<KavenegarAnswer<KavenegarCount>>;
  /** Takes back messages that wait for their time, and pays for them. */
  cancel(messageIds: readonly string[]): Promise<KavenegarAnswer<KavenegarReport[]>>;
  /**
   * New texts to a line, 100 at most. They count as read from then on: when this answer is lost,
   * they are found by `isRead` alone.
   */
  receive(line: string, isRead?: boolean): Promise<KavenegarAnswer<InboundMessage[]>>;
  /** The same in pages of 200. */
  inboxPaged(
    inbox: KavenegarInbox,
  ): Promise<KavenegarAnswer<{ messages: InboundMessage[]; totalPages: number }>>;
  countInbox(
    span: KavenegarSpan,
    line?: string,
    isRead?: boolean,
  ): Promise<KavenegarAnswer<KavenegarCount>>;
  accountInfo(): Promise<KavenegarAnswer<KavenegarAccount>>;
  /** Reads the account's settings after changing the given ones. With `debugmode` nothing is sent. */
  accountConfig(
    changes?: Partial<Record<KavenegarSetting, string>>,
  ): Promise<KavenegarAnswer<Record<string, unknown>>>;
  /** Their clock; needs no key, so it tells whether they can be reached at all. */
  serverTime(): Promise<KavenegarAnswer<Date>>;
}

/**
 * Kavenegar's REST API (kavenegar.com/rest.html): one method here for each of its own. Nothing
 * throws for what comes back, and lists beyond its limits take several calls, one by one.
 */
export function createKavenegarClient(options: KavenegarClientOptions): KavenegarClient {
  const calls = createKavenegarCalls(options);
  const { ask, list, one } = calls;
  const keyless = createKavenegarCalls({ ...options, apiKey: '0' });

  /** One call for each `size` ids; the first that fails ends it. */
  async function inPieces<T>(
    ids: readonly string[],
    size: number,
    call: (commaList: string) => Promise<KavenegarAnswer<T[]>>,
  ): Promise<KavenegarAnswer<T[]>> {
    const value: T[] = [];
    for (const some of chunksOf(ids, size)) {
      const answer = await call(some.join(','));
      if (answer.outcome !== 'answered') {
        return answer;
      }
      value.push(...answer.value);
    }
    return { outcome: 'answered', value };
  }

  return {
    ...createKavenegarSending(calls),
    ask,
    status: (messageIds) =>
      inPieces(messageIds, kavenegarLimits.messageIds, (messageid) =>
        list('sms/status', { messageid }, toReport),
      ),
    statusByLocalId: (refs) =>
      inPieces(refs, kavenegarLimits.localIds, (localid) =>
        list('sms/statuslocalmessageid', { localid }, toReport),
      ),
    statusByReceptor: (to, span) =>
      list('sms/statusbyreceptor', { receptor: toNational(to), ...spanOf(span) }, toReport),
    select: (messageIds) =>
      inPieces(messageIds, kavenegarLimits.messageIds, (messageid) =>
        list('sms/select', { messageid }, toMessage),
      ),
    selectOutbox: (span, sender) =>
      list('sms/selectoutbox', { ...spanOf(span), sender }, toMessage),
    latestOutbox: (size, sender) =>
      list('sms/latestoutbox', { pagesize: size?.toString(), sender }, toMessage),
    countOutbox: (span, status) =>
      one('sms/countoutbox', { ...spanOf(span), status: status?.toString() }, toCount),
    cancel: (messageIds) =>
      inPieces(messageIds, kavenegarLimits.canceledIds, (messageid) =>
        list('sms/cancel', { messageid }, toReport, 'POST'),
      ),
    async receive(line, isRead = false) {
      const answer = await ask('sms/receive', { linenumber: line, isread: flagOf(isRead) });
      return answer.outcome === 'answered'
        ? { outcome: 'answered', value: listOf(answer.value.entries).map(toInbound) }
        : answer;
    },
    async inboxPaged({ line, isRead, span, page }) {
      const answer = await ask('sms/inboxpaged', {
        linenumber: line,
        isread: flagOf(isRead),
        ...(span ? spanOf(span) : {}),
        pagenumber: page?.toString(),
      });
      if (answer.outcome !== 'answered') {
        return answer;
      }
      const messages = listOf(answer.value.entries).map(toInbound);
      const totalPages = Number(idOf(field(answer.value.metadata, 'totalpages')) ?? 1);
      return { outcome: 'answered', value: { messages, totalPages } };
    },
    countInbox: (span, line, isRead) =>
      one(
        'sms/countinbox',
        {
          ...spanOf(span),
          linenumber: line,
          isread: isRead === undefined ? undefined : flagOf(isRead),
        },
        toCount,
      ),
    accountInfo: () => one('account/info', {}, toAccount),
    accountConfig: (changes = {}) => one('account/config', changes, toRecord, 'POST'),
    serverTime: () => keyless.one('utils/getdate', {}, (entry) => dateOf(field(entry, 'unixtime'))),
  };
}

function spanOf({ from, to }: KavenegarSpan): Record<string, string | undefined> {
  return { startdate: secondsOf(from), enddate: secondsOf(to) };
}

function flagOf(isRead: boolean): string {
  return isRead ? '1' : '0';
}

function toRecord(entry: unknown): Record<string, unknown> | null {
  return typeof entry === 'object' && entry !== null ? { ...entry } : null;
}
