import { idOf } from '../http.ts';
import { countParts } from '../parts.ts';
import {
  answer,
  decisions,
  fieldsOf,
  page,
  refuse,
  refuseFields,
  seconds,
  stateCodes,
  type Decision,
  type Fields,
} from './fake-ippanel.answers.ts';
import {
  FakeProvider,
  refusedKeys,
  type FakeOptions,
  type FakeReply,
  type FakeRequest,
  type StoredMessage,
} from './fake-provider.ts';

interface Received {
  id: number;
  from: string;
  line: string;
  text: string;
  at: Date;
}

const root = '/v1/api/';
const firstId = 1_123_544_244;
/** Of a template's variable, in characters, as in the provider's sample of a template. */
const longestValue = 40;
/** Of one part, as in the provider's sample of a price. */
const price = 2_370;
const badKeys: ReadonlySet<string> = new Set([
  '',
  refusedKeys.bad,
  refusedKeys.ip,
  refusedKeys.disabled,
]);

/**
 * IPPanel's Edge API (ippanelcom.github.io/Edge-Document). It takes every message that is written
 * rightly; what is wrong otherwise, credit included, shows in its reports. Keys that are limited or
 * closed are answered like wrong ones, for lack of another documented answer. Lines are in E.164.
 */
export class FakeIpPanel extends FakeProvider {
  readonly #decided = new Map<string, Decision>();
  readonly #received: Received[] = [];

  constructor(options: FakeOptions = {}) {
    super({ ...options, lines: options.lines ?? ['+9810008000'] });
  }

  /** Puts a text from somebody into a line's inbox. */
  receive({ from, line, text }: { from: string; line: string; text: string }): void {
    const id = this.#received.length + 1;
    this.#received.unshift({ id, from, line, text, at: this.clock.now() });
  }

  /** What becomes of a message that was taken, instead of its delivery. */
  decide(id: string, decision: Decision): void {
    this.#decided.set(id, decision);
  }

  protected route(request: FakeRequest): FakeReply {
    const key = request.headers.authorization ?? '';
    if (badKeys.has(key) || key.startsWith('Bearer ')) {
      return refuse(401, '400-1');
    }
    const { path, query, json } = request;
    switch (`${request.method} ${path.startsWith(root) ? path.slice(root.length) : ''}`) {
      case 'POST send':
        return this.#send(fieldsOf(json), key === refusedKeys.noCredit);
      case 'GET report/by_bulk':
        return this.#sending(query.get('messages_outbox_id') ?? '');
      case 'GET report/recipients':
        return this.#recipients(query);
      case 'POST report/new_list':
        return this.#list(fieldsOf(json));
      case 'POST report/messages-inbox':
        return this.#inbox(fieldsOf(json));
      case 'GET payment/credit/mine':
        return answer({ credit: this.credit, gift: 0, gift_expires_at: null });
      default:
        return { status: 404, body: '' };
    }
  }

  /** Not documented: our assumption. */
  protected throttled(): FakeReply {
    return refuse(429, '400-1');
  }

  #send(json: Fields, isPoor: boolean): FakeReply {
    const line = idOf(json['from_number']) ?? '';
    if (!this.options.lines.includes(line)) {
      return refuseFields('from_number');
    }
    switch (json['sending_type']) {
      case 'webservice':
        return this.#sendText(json, isPoor);
      case 'pattern':
        return this.#sendPattern(json, isPoor);
      default:
        return refuseFields('sending_type');
    }
  }

  /** To one recipient: more than that the adapter never asks for. */
  #sendText(json: Fields, isPoor: boolean): FakeReply {
    const text = json['message'];
    const to = only(fieldsOf(json['params'])['recipients']);
    if (typeof text !== 'string' || text.trim() === '') {
      return refuseFields('message');
    }
    if (to === null) {
      return refuseFields('params.recipients');
    }
    return this.#take(json, { to, text, template: null, values: [] }, isPoor);
  }

  #sendPattern(json: Fields, isPoor: boolean): FakeReply {
    const template = this.template(idOf(json['code']) ?? '');
    const to = only(json['recipients']);
    if (!template) {
      return refuseFields('code');
    }
    if (to === null) {
      return refuseFields('recipients');
    }
    const params = fieldsOf(json['params']);
    const values = template.variables.map((name) => idOf(params[name]) ?? '');
    const wrong = template.variables.filter((_, i) => {
      const length = values[i]?.length ?? 0;
      return length === 0 || length > longestValue;
    });
    if (wrong.length > 0) {
      return refuseFields(...wrong.map((name) => `params.${name}`));
    }
    const text = values.join(' ');
    return this.#take(json, { to, text, template: template.name, values }, isPoor);
  }

  #take(
    json: Fields,
    message: Pick<StoredMessage, 'to' | 'text' | 'template' | 'values'>,
    isPoor: boolean,
  ): FakeReply {
    const id = String(firstId + this.log.length);
    return this.take({ ...message, id, line: idOf(json['from_number']), ref: null }, () => {
      const cost = countParts(message.text).parts * price;
      if (isPoor || this.credit < cost) {
        this.decide(id, 'noCredit');
      } else {
        this.credit -= cost;
      }
      return answer({ message_outbox_ids: [Number(id)] });
    });
  }

  #sending(id: string): FakeReply {
    const message = this.#find(id);
    return message ? answer(this.#row(message)) : refuse(404, '404-1');
  }

  #recipients(query: URLSearchParams): FakeReply {
    const id = query.get('bulk_id') ?? '';
    if (id === '') {
      return refuseFields('bulk_id');
    }
    const message = this.#find(id);
    if (!message) {
      return refuse(404, '404-1');
    }
    const row = {
      recipient: message.to,
      message: message.text,
      is_readable: true,
      msg_parts: String(countParts(message.text).parts),
      message_status: String(stateCodes[this.stateOf(message)][1]),
    };
    return page([row], { page: query.get('page'), size: query.get('per_page') });
  }

  #list(json: Fields): FakeReply {
    const filters = fieldsOf(json['filters']);
    const line = idOf(filters['number']);
    const from = Number(idOf(filters['create_from_date']) ?? 0);
    const to = Number(idOf(filters['create_to_date']) ?? Number.MAX_SAFE_INTEGER);
    const rows = this.log
      .filter((message) => {
        const at = seconds(message.storedAt);
        return (line === null || message.line === line) && at >= from && at <= to;
      })
      .map((message) => this.#row(message))
      .toReversed();
    return page(rows, { page: json['page'], size: json['limit'] });
  }

  #inbox(json: Fields): FakeReply {
    const after = Number(idOf(fieldsOf(json['filters'])['from_id']) ?? 0);
    const rows = this.#received
      .filter(({ id }) => id > after)
      .map(({ id, from, line, text, at }) => ({
        messages_inbox_id: id,
        from,
        number: line,
        message: text,
        type: 'normal',
        time: seconds(at),
        seen: '0',
      }));
    return page(rows, { page: json['page'], size: json['per_page'] });
  }

  #row(message: StoredMessage): Fields {
    const decision = this.#decided.get(message.id);
    const [state] = stateCodes[this.stateOf(message)];
    return {
      number: message.line,
      messages_outbox_id: message.id,
      type: message.template === null ? 'normal' : 'pattern',
      time_send: String(seconds(message.storedAt)),
      time: String(seconds(message.storedAt)),
      rcpts_count: '1',
      message: message.text,
      part: String(countParts(message.text).parts),
      cost: countParts(message.text).parts * price,
      state_id: decision === undefined ? state : decisions[decision],
    };
  }

  #find(id: string): StoredMessage | undefined {
    return this.log.find((message) => message.id === id);
  }
}

/** The recipient, when there is one and it is written in E.164. */
function only(recipients: unknown): string | null {
  const [to, ...others] = Array.isArray(recipients) ? (recipients as unknown[]) : [];
  const isRight = typeof to === 'string' && /^\+989\d{9}$/.test(to) && others.length === 0;
  return isRight ? to : null;
}
