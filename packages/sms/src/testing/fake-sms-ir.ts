import { idOf } from '../http.ts';
import { countParts } from '../parts.ts';
import {
  FakeProvider,
  refusedKeys,
  type FakeReply,
  type FakeRequest,
  type StoredMessage,
} from './fake-provider.ts';
import {
  answer,
  as,
  dayOf,
  inNumbers,
  inSmall,
  isMobile,
  listOf,
  pageOf,
  refusals,
  refuse,
  refused,
  seconds,
  stateCodes,
  type Fields,
} from './fake-sms-ir.answers.ts';

const root = '/v1/';
const longestValue = 25;
const mostNumbers = 100;
const firstId = 89_545_112;
const packId = '2b99e63c-0000-4000-8000-1234567890ab';
const taken: FakeReply = { status: 200, body: '{}' };

interface Received {
  from: string;
  line: string;
  text: string;
  at: Date;
}

/**
 * SMS.ir's REST API (sms.ir/rest-api): JSON in an envelope, where names of fields may be written
 * with small and capital letters. A part costs one credit.
 */
export class FakeSmsIr extends FakeProvider {
  readonly #received: Received[] = [];

  /** Puts a text from somebody into a line's inbox. */
  receive({ from, line, text }: { from: string; line: string; text: string }): void {
    this.#received.push({ from, line, text, at: this.clock.now() });
  }

  protected route(request: FakeRequest): FakeReply {
    const key = idOf(request.headers['x-api-key']) ?? '';
    const refusal = refusals[key];
    if (refusal) {
      return refuse(refusal);
    }
    const path = request.path.toLowerCase();
    const call = `${request.method} ${path.startsWith(root) ? path.slice(root.length) : ''}`;
    const isPoor = key === refusedKeys.noCredit;
    switch (call) {
      case 'POST send/bulk':
        return this.#sendBulk(inSmall(request.json), isPoor);
      case 'POST send/verify':
        return this.#sendVerify(inSmall(request.json), isPoor);
      case 'GET send/live':
        return this.#list(request.query, (message) => dayOf(message.storedAt) === this.#today());
      case 'GET send/archive':
        return this.#list(request.query, (message) => dayOf(message.storedAt) < this.#today());
      case 'GET receive/live':
        return this.#receivedOf(request.query);
      case 'GET credit':
        return answer(this.credit);
      case 'GET line':
        return answer(this.options.lines.map(Number));
    }
    const id = /^GET send\/([^/]+)$/.exec(call)?.[1];
    return id === undefined ? { status: 404, body: '' } : this.#report(id);
  }

  protected throttled(): FakeReply {
    return refuse(refused.throttled);
  }

  #sendBulk(json: Fields, isPoor: boolean): FakeReply {
    const line = idOf(json['linenumber']) ?? '';
    const text = json['messagetext'];
    const mobiles = listOf(json['mobiles']);
    if (!this.options.lines.includes(line)) {
      return refuse(refused.badLine);
    }
    if (typeof text !== 'string' || text.trim() === '') {
      return refuse(refused.emptyText);
    }
    if (mobiles.length === 0 || mobiles.length > mostNumbers) {
      return refuse(mobiles.length === 0 ? refused.noNumbers : refused.tooMany);
    }
    const right = mobiles.filter(isMobile);
    const cost = countParts(text).parts * right.length;
    if (right.length === 0) {
      return refuse(refused.badNumber);
    }
    if (isPoor || this.credit < cost) {
      return refuse(refused.noCredit);
    }
    const begin = this.log.length;
    const replies = right.map((to) => this.#store({ to, text, line, template: null, values: [] }));
    const ids = this.log.slice(begin).map(({ id }) => Number(id));
    // A wrong number among right ones has no id.
    const messageIds = mobiles.map((to) => (isMobile(to) ? ids.shift() : null));
    const success = answer({ packId, messageIds, cost });
    return as(
      replies.find((reply) => reply !== taken),
      success,
    );
  }

  #sendVerify(json: Fields, isPoor: boolean): FakeReply {
    const to = json['mobile'];
    const template = this.template(idOf(json['templateid']) ?? '');
    const given = listOf(json['parameters']).map((one) => {
      const { name, value } = inSmall(one);
      return { name: idOf(name) ?? '', value: idOf(value) ?? '' };
    });
    if (!isMobile(to)) {
      return refuse(refused.badNumber);
    }
    if (!template) {
      return refuse(refused.noTemplate);
    }
    if (given.some(({ value }) => value.length > longestValue)) {
      return refuse(refused.longValue);
    }
    const values = template.variables.map(
      (name) => given.find((one) => one.name.toLowerCase() === name.toLowerCase())?.value ?? '',
    );
    if (values.includes('') || given.some(({ name }) => name === '')) {
      return refuse(refused.noName);
    }
    const text = values.join(' ');
    const cost = countParts(text).parts;
    if (isPoor || this.credit < cost) {
      return refuse(refused.noCredit);
    }
    const reply = this.#store({ to, text, line: null, template: template.name, values });
    return as(
      reply === taken ? undefined : reply,
      answer({ messageId: Number(this.log.at(-1)?.id), cost }),
    );
  }

  /** @returns `taken`, or what the recipient's digits ask for */
  #store(message: Omit<StoredMessage, 'id' | 'ref' | 'storedAt'>): FakeReply {
    const id = String(firstId + this.log.length);
    return this.take({ ...message, id, ref: null }, () => {
      this.credit -= countParts(message.text).parts;
      return taken;
    });
  }

  #report(id: string): FakeReply {
    const message = this.log.find((one) => one.id === id);
    return message ? answer(this.#row(message)) : refuse(refused.noSuchMessage);
  }

  #list(query: URLSearchParams, isIn: (message: StoredMessage) => boolean): FakeReply {
    const from = Number(query.get('fromDate') ?? 0);
    const to = Number(query.get('toDate') ?? Number.MAX_SAFE_INTEGER);
    const rows = this.log
      .filter(isIn)
      .map((message) => this.#row(message))
      .filter(({ sendDateTime }) => sendDateTime >= from && sendDateTime <= to);
    return answer(pageOf(rows, query));
  }

  /** Oldest first, unless the query wants it otherwise. */
  #receivedOf(query: URLSearchParams): FakeReply {
    const rows = this.#received.map(({ from, line, text, at }) => ({
      messageText: text,
      number: Number(line),
      mobile: inNumbers(from),
      receivedDateTime: seconds(at),
    }));
    const isNewestFirst = query.get('sortByNewest')?.toLowerCase() === 'true';
    return answer(pageOf(isNewestFirst ? rows.toReversed() : rows, query));
  }

  #row(message: StoredMessage) {
    const deliveryState = stateCodes[this.stateOf(message)];
    return {
      messageId: Number(message.id),
      mobile: inNumbers(message.to),
      messageText: message.text,
      sendDateTime: seconds(message.storedAt),
      // A template travels on a line of the provider.
      lineNumber: Number(message.line ?? '30007732000000'),
      cost: countParts(message.text).parts,
      deliveryState,
      deliveryDateTime: deliveryState === null ? null : seconds(this.clock.now()),
    };
  }

  #today(): number {
    return dayOf(this.clock.now());
  }
}
