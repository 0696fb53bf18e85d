import { idOf } from '../http.ts';
import type { DeliveryState } from '../outcome.ts';
import { countParts } from '../parts.ts';
import {
  FakeProvider,
  refusedKeys,
  type FakeOptions,
  type FakeReply,
  type FakeRequest,
  type StoredMessage,
} from './fake-provider.ts';

export interface FakeFarazSmsOptions extends FakeOptions {
  /** Whether answers name the sending; without it their data is 0, as in the provider's example. */
  givesIds?: boolean;
  /** To how many characters all variables were declared; longer values wait for a person. */
  longestValue?: number;
}

type Fields = Record<string, unknown>;

/** States of a sending (seen in other clients, not documented). */
type SendingState =
  | 'in-queue'
  | 'sent'
  | 'pending-approval'
  | 'insufficient-balance'
  | 'rejected'
  | 'cancelled';

/** States of a recipient, from the same source. */
const recipientStates: Readonly<Record<DeliveryState, string>> = {
  queued: 'in-queue',
  scheduled: 'not-started',
  'sent-to-carrier': 'sent',
  delivered: 'delivered',
  undelivered: 'delivery-failure',
  failed: 'send-failure',
  blacklisted: 'blacklist',
  filtered: 'send-failure',
  canceled: 'not-started',
  unknown: 'delivery-undetermined',
};

const root = '/ws/v1/';
const firstId = 407_328;
/** Of one part, as in the provider's sample of a balance. */
const price = 200;
const formats: ReadonlySet<unknown> = new Set(['english', 'persian']);
const badKeys: ReadonlySet<string> = new Set([
  '',
  refusedKeys.bad,
  refusedKeys.ip,
  refusedKeys.disabled,
]);

/**
 * FarazSMS, also IranPayamak (docs.farazsms.com, docs.iranpayamak.com). Reports of delivery are as
 * seen in other clients. Lack of credit shows only there; keys that are limited or closed are
 * answered like wrong ones, for lack of another known answer.
 */
export class FakeFarazSms extends FakeProvider {
  readonly #givesIds: boolean;
  readonly #longestValue: number;
  readonly #decided = new Map<string, SendingState>();

  constructor(options: FakeFarazSmsOptions = {}) {
    super(options);
    this.#givesIds = options.givesIds ?? true;
    this.#longestValue = options.longestValue ?? 40;
  }

  /** What becomes of a message that was taken, instead of its delivery. */
  decide(id: string, state: SendingState): void {
    this.#decided.set(id, state);
  }

  protected route(request: FakeRequest): FakeReply {
    const key = idOf(request.headers['api-key']) ?? '';
    if (badKeys.has(key)) {
      return refuse(401, 'کلید نامعتبر است');
    }
    const { method, path, json } = request;
    const call = `${method} ${path.startsWith(root) ? path.slice(root.length) : ''}`;
    const isPoor = key === refusedKeys.noCredit;
    switch (call) {
      case 'POST sms/simple':
        return this.#sendSimple(fieldsOf(json), isPoor);
      case 'POST sms/pattern':
        return this.#sendPattern(fieldsOf(json), isPoor);
      case 'GET account/balance':
        return answer({ balanceAmount: this.credit, balanceCount: this.credit / price });
    }
    const [, id, items] = /^GET send_request\/(\d+)(\/items)?$/.exec(call) ?? [];
    const message = this.log.find((one) => one.id === id);
    if (!message) {
      return refuse(404, 'یافت نشد');
    }
    return items === undefined ? this.#sending(message) : this.#items(message);
  }

  protected throttled(): FakeReply {
    return refuse(429, 'Too Many Attempts.');
  }

  /** To one recipient: more than that the adapter never asks for. */
  #sendSimple(json: Fields, isPoor: boolean): FakeReply {
    const { text, recipients } = json;
    const [to, ...others] = Array.isArray(recipients) ? (recipients as unknown[]) : [];
    const wrong = this.#wrongOf(json);
    if (typeof text !== 'string' || text.trim() === '') {
      wrong.push('text');
    }
    if (!isNational(to) || others.length > 0) {
      wrong.push('recipients');
    }
    if (wrong.length > 0) {
      return refuseFields(wrong);
    }
    const message = { to: String(to), text: String(text), template: null, values: [] };
    return this.#take(json, message, isPoor ? 'insufficient-balance' : null);
  }

  #sendPattern(json: Fields, isPoor: boolean): FakeReply {
    const to = json['recipient'];
    const template = this.template(idOf(json['code']) ?? '');
    const attributes = fieldsOf(json['attributes']);
    const values = (template?.variables ?? []).map((name) => idOf(attributes[name]) ?? '');
    const wrong = this.#wrongOf(json);
    if (!template) {
      wrong.push('code');
    }
    if (!isNational(to)) {
      wrong.push('recipient');
    }
    if (values.includes('')) {
      wrong.push('attributes');
    }
    if (!template || wrong.length > 0) {
      return refuseFields(wrong);
    }
    const message = { to: String(to), text: values.join(' '), template: template.name, values };
    const isLong = values.some((value) => value.length > this.#longestValue);
    const waits = isLong ? 'pending-approval' : null;
    return this.#take(json, message, isPoor ? 'insufficient-balance' : waits);
  }

  /** Names of the fields that both calls have and that are wrong. */
  #wrongOf(json: Fields): string[] {
    return [
      ...(this.options.lines.includes(idOf(json['line_number']) ?? '') ? [] : ['line_number']),
      ...(formats.has(json['number_format']) ? [] : ['number_format']),
    ];
  }

  #take(
    json: Fields,
    message: Pick<StoredMessage, 'to' | 'text' | 'template' | 'values'>,
    state: SendingState | null,
  ): FakeReply {
    const id = String(firstId + this.log.length);
    return this.take({ ...message, id, line: idOf(json['line_number']), ref: null }, () => {
      const cost = countParts(message.text).parts * price;
      const becomes = this.credit < cost ? 'insufficient-balance' : state;
      if (becomes === null) {
        this.credit -= cost;
      } else {
        this.decide(id, becomes);
      }
      return { ...answer(this.#givesIds ? Number(id) : 0), status: 201 };
    });
  }

  #sending(message: StoredMessage): FakeReply {
    const isWaiting = this.stateOf(message) === 'queued';
    const status = this.#decided.get(message.id) ?? (isWaiting ? 'in-queue' : 'sent');
    return answer({ sendRequest: { id: Number(message.id), status } });
  }

  #items(message: StoredMessage): FakeReply {
    const isStopped = this.#decided.has(message.id);
    const row = {
      destination: message.to,
      status: isStopped ? 'not-started' : recipientStates[this.stateOf(message)],
      text: message.text,
      error: null,
      pages: countParts(message.text).parts,
    };
    return answer({ current_page: 1, data: [row], last_page: 1 });
  }
}

function isNational(value: unknown): boolean {
  return typeof value === 'string' && /^09\d{9}$/.test(value);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function answer(data: unknown): FakeReply {
  return { status: 200, body: JSON.stringify({ status: 'success', data, messages: null }) };
}

function refuse(status: number, messages: unknown): FakeReply {
  return { status, body: JSON.stringify({ status: 'error', data: null, messages }) };
}

/** That these errors come with HTTP 422 is seen in other clients, not documented. */
function refuseFields(names: readonly string[]): FakeReply {
  return refuse(422, Object.fromEntries(names.map((name) => [name, ['نامعتبر است']])));
}
