import {
  costOf,
  KavenegarBook,
  type KavenegarInboundEntry,
  type KavenegarRecord,
} from './fake-kavenegar.book.ts';
import { kavenegarQueries, type KavenegarMethod } from './fake-kavenegar.queries.ts';
import {
  draftsOfArray,
  draftsOfLookup,
  draftsOfSend,
  type Drafts,
  type KavenegarAccountRules,
  type KavenegarDraft,
} from './fake-kavenegar.drafts.ts';
import { envelope, refuse, secondsOf, type KavenegarCall } from './fake-kavenegar.rules.ts';
import {
  FakeProvider,
  refusedKeys,
  type FakeOptions,
  type FakeReply,
  type FakeRequest,
  type StoredMessage,
} from './fake-provider.ts';

export interface FakeKavenegarOptions extends FakeOptions {
  /** How template messages are answered: the documentation has an array, older ones an object. */
  entries?: 'array' | 'object';
  /** Of a part of a text, in Rial. */
  price?: number;
  /** Of a part of a template message, in Rial. */
  lookupPrice?: number;
  /** Tags that exist in the panel. */
  tags?: readonly string[];
  /** Whether the panel lists the caller's address, for methods that show whole messages. */
  isListed?: boolean;
}

const accountExpiresAt = 1_798_761_600;
const refusedKeyCodes: Readonly<Record<string, number>> = {
  [refusedKeys.bad]: 403,
  [refusedKeys.disabled]: 401,
  [refusedKeys.ip]: 416,
};

/**
 * A Kavenegar on loopback: `new FakeKavenegar({ templates }).start()`, then the adapter with its
 * `url`. The variables of templates are slots: `token`, `token2`, `token3`, `token10`, `token20`.
 */
export class FakeKavenegar extends FakeProvider {
  readonly #book = new KavenegarBook(
    () => this.clock.now(),
    (message) => this.stateOf(message),
  );
  readonly #inbox: KavenegarInboundEntry[] = [];
  readonly #methods: Readonly<Record<string, KavenegarMethod>>;
  #lastId = 912_345_670;
  #lastInboundId = 700_099;

  constructor(options: FakeKavenegarOptions = {}) {
    super(options);
    const { entries = 'array', price = 1_450, lookupPrice = 1_900 } = options;
    const { tags = [], isListed = false } = options;
    const now = (): Date => this.clock.now();
    const rules: KavenegarAccountRules = {
      lines: this.options.lines,
      tags,
      price,
      lookupPrice,
      now,
      template: (name) => this.template(name),
    };
    this.#methods = {
      ...kavenegarQueries({ book: this.#book, inbox: this.#inbox, now, isListed }),
      'sms/send': (call) => this.#take(draftsOfSend(call, rules), call),
      'sms/sendarray': (call) => this.#take(draftsOfArray(call, rules), call),
      'verify/lookup': (call) => this.#take(draftsOfLookup(call, rules), call, entries),
      'account/info': (call) => this.#info(call),
      'account/config': () => this.#config(),
    };
  }

  /** Somebody sends a text to one of the lines. */
  arrive({ from, line, text }: { from: string; line: string; text: string }): void {
    this.#lastInboundId += 1;
    this.#inbox.push({
      messageid: this.#lastInboundId,
      message: text,
      sender: from,
      receptor: line,
      date: secondsOf(this.clock.now()),
      isRead: false,
    });
  }

  protected route({ method: verb, path, query, form }: FakeRequest): FakeReply {
    const [, key = '', name = ''] = /^\/v1\/([^/]+)\/([\w/]+)\.json$/.exec(path) ?? [];
    if (name === 'utils/getdate') {
      return this.#getDate();
    }
    const method = this.#methods[name];
    if (!method) {
      return refuse(404);
    }
    if (verb !== 'POST' && (verb !== 'GET' || name === 'sms/sendarray')) {
      return refuse(405);
    }
    const refused = refusedKeyCodes[key];
    if (refused !== undefined) {
      return refuse(refused);
    }
    this.credit += this.#book.payBack();
    return method({ verb, key, get: (field) => form.get(field) ?? query.get(field) ?? undefined });
  }

  protected throttled(): FakeReply {
    return refuse(451);
  }

  /** What was taken before by the caller's number of it is told again, without a second charge. */
  #take(drafts: Drafts, call: KavenegarCall, shape: 'array' | 'object' = 'array'): FakeReply {
    if (typeof drafts === 'number') {
      return refuse(drafts);
    }
    const taken = new Map<KavenegarDraft, KavenegarRecord>();
    const recordOf = (draft: KavenegarDraft): KavenegarRecord | undefined =>
      taken.get(draft) ?? this.#book.byLocalId(draft.localId);
    const answer = (): FakeReply => {
      const records = drafts.map(recordOf).filter((record) => record !== undefined);
      const entries = records.map((record) => this.#book.entry(record));
      return envelope(200, shape === 'array' ? entries : entries[0]);
    };
    const fresh = drafts.filter((draft) => isFirst(draft, drafts) && !recordOf(draft));
    const cost = fresh.reduce((sum, draft) => sum + costOf(draft), 0);
    if (cost > this.#creditOf(call)) {
      return refuse(418);
    }
    if (fresh.length === 0) {
      return answer();
    }
    return this.takeAll(
      fresh.map((draft) => this.#message(draft)),
      (stored) => {
        for (const [index, draft] of fresh.entries()) {
          const message = stored[index];
          if (message) {
            taken.set(draft, this.#book.add(message, draft));
          }
        }
        this.credit -= cost;
        return answer();
      },
    );
  }

  #message(draft: KavenegarDraft): Omit<StoredMessage, 'storedAt'> {
    this.#lastId += 1;
    const { receptor, text, template, values, sender, localId } = draft;
    const id = String(this.#lastId);
    return { id, to: receptor, text, template, values, line: sender, ref: localId };
  }

  #creditOf({ key }: KavenegarCall): number {
    return key === refusedKeys.noCredit ? 0 : this.credit;
  }

  #info(call: KavenegarCall): FakeReply {
    return envelope(200, {
      remaincredit: this.#creditOf(call),
      expiredate: accountExpiresAt,
      type: 'master',
    });
  }

  /** Settings can be read; changing them changes nothing here. */
  #config(): FakeReply {
    return envelope(200, {
      apilogs: 'enabled',
      dailyreport: 'enabled',
      debugmode: 'disabled',
      defaultsender: this.options.lines[0] ?? '',
      mincreditalarm: '50000',
      resendfailed: 'true',
    });
  }

  #getDate(): FakeReply {
    const now = this.clock.now();
    return envelope(200, {
      datetime: now.toISOString(),
      year: now.getUTCFullYear(),
      month: now.getUTCMonth() + 1,
      day: now.getUTCDate(),
      hour: now.getUTCHours(),
      minute: now.getUTCMinutes(),
      second: now.getUTCSeconds(),
      unixtime: secondsOf(now),
    });
  }
}

/** Whether it is the first with its number in a call. */
function isFirst(draft: KavenegarDraft, drafts: readonly KavenegarDraft[]): boolean {
  const { localId } = draft;
  return localId === null || drafts.find((one) => one.localId === localId) === draft;
}
