import type {
  KavenegarBook,
  KavenegarInboundEntry,
  KavenegarRecord,
} from './fake-kavenegar.book.ts';
import {
  envelope,
  listOf,
  nationalOf,
  refuse,
  secondsOf,
  type KavenegarCall,
} from './fake-kavenegar.rules.ts';
import type { FakeReply } from './fake-http.ts';

export type KavenegarMethod = (call: KavenegarCall) => FakeReply;

/** What the questions are answered from. */
export interface KavenegarSource {
  book: KavenegarBook;
  inbox: KavenegarInboundEntry[];
  now: () => Date;
  /** Whether the panel lists the caller's address. */
  isListed: boolean;
}

const limits = { ids: 500, canceled: 200, rows: 500, inbox: 100, page: 200 };
const daySeconds = 86_400;
const oldestDays = { outbox: 3, inbox: 60 };

/** The methods of Kavenegar that send nothing, by their names. */
export function kavenegarQueries(source: KavenegarSource): Record<string, KavenegarMethod> {
  const { book, inbox } = source;
  const listed =
    (method: KavenegarMethod): KavenegarMethod =>
    (call) =>
      source.isListed ? method(call) : refuse(407);
  const full = (records: readonly KavenegarRecord[]): FakeReply =>
    envelope(
      200,
      records.slice(0, limits.rows).map((record) => book.entry(record)),
    );

  return {
    'sms/status': withIds('messageid', limits.ids, (ids) => ids.map((id) => book.statusById(id))),
    'sms/statuslocalmessageid': withIds('localid', limits.ids, (ids) =>
      ids.map((id) => book.statusByLocalId(id)),
    ),
    'sms/statusbyreceptor': withSpan(1, null, source, (from, to, call) => {
      const receptor = nationalOf(call.get('receptor') ?? '');
      return receptor === null
        ? refuse(call.get('receptor') === undefined ? 400 : 411)
        : envelope(
            200,
            book
              .between(from, to)
              .filter(({ stored }) => nationalOf(stored.to) === receptor)
              .map((record) => book.statusByReceptor(record)),
          );
    }),
    'sms/select': listed(
      withIds('messageid', limits.ids, (ids) =>
        ids
          .map((id) => book.byId(id))
          .filter((record) => record !== undefined)
          .map((record) => book.entry(record)),
      ),
    ),
    'sms/selectoutbox': listed(
      withSpan(1, oldestDays.outbox, source, (from, to, call) =>
        full(book.between(from, to).filter(bySender(call))),
      ),
    ),
    'sms/latestoutbox': listed((call) => {
      const size = Number(call.get('pagesize') ?? limits.rows);
      return size > limits.rows
        ? refuse(414)
        : full(book.records.filter(bySender(call)).toReversed().slice(0, size));
    }),
    'sms/countoutbox': withSpan(1, oldestDays.outbox, source, (from, to, call) => {
      const status = call.get('status');
      const counted = book
        .between(from, to)
        .filter((record) => status === undefined || status === String(book.statusOf(record)));
      return envelope(200, [
        {
          startdate: from,
          enddate: to,
          sumpart: sum(counted, (record) => record.parts),
          sumcount: counted.length,
          cost: sum(counted, (record) => record.cost),
        },
      ]);
    }),
    'sms/cancel': withIds('messageid', limits.canceled, (ids) =>
      ids.map((id) => {
        book.cancel(id);
        return book.statusById(id);
      }),
    ),
    'sms/receive': withLine((line, isRead) => {
      const some = inbox.filter(ofLine(line, isRead)).slice(0, limits.inbox);
      return envelope(200, some.map(read));
    }),
    'sms/inboxpaged': withLine((line, isRead, call) => {
      const all = inbox.filter(ofLine(line, isRead)).filter(inSpan(call));
      const page = Number(call.get('pagenumber') ?? 1);
      const some = all.slice((page - 1) * limits.page, page * limits.page);
      const metadata = {
        totalcount: String(all.length),
        currentpage: String(page),
        totalpages: String(Math.max(1, Math.ceil(all.length / limits.page))),
        pagesize: String(limits.page),
      };
      return envelope(200, some.map(read), { metadata });
    }),
    'sms/countinbox': withSpan(1, oldestDays.inbox, source, (from, to, call) => {
      const [line, isRead] = [call.get('linenumber'), call.get('isread')];
      const counted = inbox.filter(
        (one) =>
          one.date >= from &&
          one.date <= to &&
          (line === undefined || one.receptor === line) &&
          (isRead === undefined || one.isRead === (isRead === '1')),
      );
      return envelope(200, [{ startdate: from, enddate: to, sumcount: counted.length }]);
    }),
  };
}

function withIds(
  name: string,
  most: number,
  entries: (ids: readonly string[]) => object[],
): KavenegarMethod {
  return (call) => {
    const ids = listOf(call.get(name));
    if (ids === null || ids.length === 0 || !ids.every((id) => /^\d{1,19}$/.test(id))) {
      return refuse(400);
    }
    return ids.length > most ? refuse(414) : envelope(200, entries(ids));
  };
}

/** Spans are a day unless they say less; what is longer, older or no date at all is 417. */
function withSpan(
  mostDays: number,
  oldest: number | null,
  { now }: KavenegarSource,
  answer: (from: number, to: number, call: KavenegarCall) => FakeReply,
): KavenegarMethod {
  return (call) => {
    const from = Number(call.get('startdate') ?? Number.NaN);
    const to = Number(call.get('enddate') ?? from + mostDays * daySeconds);
    if (call.get('startdate') === undefined) {
      return refuse(400);
    }
    const isTooOld = oldest !== null && from < secondsOf(now()) - oldest * daySeconds;
    const isSpan = from <= to && to - from <= mostDays * daySeconds;
    return isSpan && !isTooOld ? answer(from, to, call) : refuse(417);
  };
}

function withLine(
  answer: (line: string, isRead: boolean, call: KavenegarCall) => FakeReply,
): KavenegarMethod {
  return (call) => {
    const [line, isRead] = [call.get('linenumber'), call.get('isread')];
    return line === undefined || (isRead !== '0' && isRead !== '1')
      ? refuse(400)
      : answer(line, isRead === '1', call);
  };
}

function bySender(call: KavenegarCall): (record: KavenegarRecord) => boolean {
  const sender = call.get('sender');
  return (record) => sender === undefined || record.sender === sender;
}

function ofLine(line: string, isRead: boolean): (one: KavenegarInboundEntry) => boolean {
  return (one) => one.receptor === line && one.isRead === isRead;
}

function inSpan(call: KavenegarCall): (one: KavenegarInboundEntry) => boolean {
  const from = Number(call.get('startdate') ?? 0);
  const to = Number(call.get('enddate') ?? Number.POSITIVE_INFINITY);
  return ({ date }) => date >= from && date <= to;
}

/** A text that was fetched counts as read. */
function read(one: KavenegarInboundEntry): object {
  one.isRead = true;
  const { messageid, message, sender, receptor, date } = one;
  return { messageid, message, sender, receptor, date };
}

function sum(records: readonly KavenegarRecord[], of: (record: KavenegarRecord) => number): number {
  return records.reduce((total, record) => total + of(record), 0);
}
