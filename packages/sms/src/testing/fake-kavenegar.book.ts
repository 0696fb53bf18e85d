import type { DeliveryState } from '../outcome.ts';
import { countParts } from '../parts.ts';
import type { KavenegarDraft } from './fake-kavenegar.drafts.ts';
import type { StoredMessage } from './fake-provider.ts';
import { nationalOf, secondsOf, statusCodes, statusTexts } from './fake-kavenegar.rules.ts';

/** A message with what Kavenegar keeps of it. */
export interface KavenegarRecord {
  stored: StoredMessage;
  sender: string;
  parts: number;
  /** Rial. */
  cost: number;
  /** When it leaves. */
  dueAt: Date;
  isCanceled: boolean;
  isPaidBack: boolean;
}

/** A text to one of the lines. */
export interface KavenegarInboundEntry {
  messageid: number;
  message: string;
  sender: string;
  receptor: string;
  /** Seconds since 1970. */
  date: number;
  isRead: boolean;
}

const windows = { statusMs: 48 * 3_600_000, localIdMs: 12 * 3_600_000 };

/** The sent list of an account. */
export class KavenegarBook {
  readonly records: KavenegarRecord[] = [];
  readonly #now: () => Date;
  readonly #stateOf: (message: StoredMessage) => DeliveryState;

  constructor(now: () => Date, stateOf: (message: StoredMessage) => DeliveryState) {
    this.#now = now;
    this.#stateOf = stateOf;
  }

  add(stored: StoredMessage, draft: KavenegarDraft): KavenegarRecord {
    const { sender, dueAt } = draft;
    const { parts } = countParts(draft.text);
    const record = { stored, sender, parts, cost: costOf(draft), dueAt };
    const added = { ...record, isCanceled: false, isPaidBack: false };
    this.records.push(added);
    return added;
  }

  byId(id: string): KavenegarRecord | undefined {
    return this.records.find(({ stored }) => stored.id === id);
  }

  /** Null is no number: nothing has it. */
  byLocalId(localId: string | null): KavenegarRecord | undefined {
    return localId === null ? undefined : this.records.find(({ stored }) => stored.ref === localId);
  }

  /** @param from seconds since 1970, as `to` */
  between(from: number, to: number): KavenegarRecord[] {
    return this.records.filter(({ stored }) => {
      const at = secondsOf(stored.storedAt);
      return at >= from && at <= to;
    });
  }

  state({ stored, dueAt, isCanceled }: KavenegarRecord): DeliveryState {
    if (isCanceled) {
      return 'canceled';
    }
    return this.#now() < dueAt ? 'scheduled' : this.#stateOf({ ...stored, storedAt: dueAt });
  }

  statusOf(record: KavenegarRecord): number {
    return statusCodes[this.state(record)];
  }

  /** Only what waits for its time can be taken back. */
  cancel(id: string): void {
    const record = this.byId(id);
    if (record && this.state(record) === 'scheduled') {
      record.isCanceled = true;
    }
  }

  /** What is to be paid back since the last time, in Rial. */
  payBack(): number {
    let sum = 0;
    for (const record of this.records) {
      if (!record.isPaidBack && ['canceled', 'blacklisted'].includes(this.state(record))) {
        record.isPaidBack = true;
        sum += record.cost;
      }
    }
    return sum;
  }

  /** An entry as calls that send write it. */
  entry(record: KavenegarRecord): object {
    const { stored, sender, cost } = record;
    return {
      messageid: Number(stored.id),
      message: stored.text,
      ...this.#status(this.statusOf(record)),
      sender,
      receptor: nationalOf(stored.to) ?? stored.to,
      date: secondsOf(stored.storedAt),
      cost,
    };
  }

  statusById(id: string): object {
    const record = this.byId(id);
    return { messageid: Number(id), ...this.#status(this.#code(record, windows.statusMs)) };
  }

  /** What stands in place of an id that is not there is our assumption. */
  statusByLocalId(localid: string): object {
    const record = this.byLocalId(localid);
    const code = this.#code(record, windows.localIdMs);
    const messageid = code === statusCodes.unknown ? 0 : Number(record?.stored.id);
    return { messageid, localid, ...this.#status(code) };
  }

  statusByReceptor(record: KavenegarRecord): object {
    const { stored } = record;
    return {
      messageid: Number(stored.id),
      receptor: nationalOf(stored.to) ?? stored.to,
      ...this.#status(this.#code(record, windows.statusMs)),
    };
  }

  #code(record: KavenegarRecord | undefined, windowMs: number): number {
    const isKnown = record && this.#now().getTime() - record.stored.storedAt.getTime() <= windowMs;
    return isKnown ? this.statusOf(record) : statusCodes.unknown;
  }

  #status(status: number): object {
    return { status, statustext: statusTexts[status] };
  }
}

/** Rial. */
export function costOf({ text, price }: KavenegarDraft): number {
  return countParts(text).parts * price;
}
