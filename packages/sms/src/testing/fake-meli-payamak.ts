import { countParts } from '../parts.ts';
import {
  FakeProvider,
  refusedKeys,
  type FakeOptions,
  type FakeReply,
  type FakeRequest,
} from './fake-provider.ts';
import {
  answer,
  brokenDown,
  consoleRefusal,
  consoleSuccess,
  list,
  neededFields,
  ok,
  refusal,
  refusalsByKey,
  refusedLine,
  sharedLine,
  stateCodes,
  type Listed,
} from './fake-meli-payamak.answers.ts';

export interface FakeMeliPayamakOptions extends FakeOptions {
  /** A password that is no key for programs: the account forbids it (-110). */
  loginPassword?: string;
  /** Whether the account still has to name its IPs (-109). */
  needsIps?: boolean;
  /** Wrong credentials after which the IP is locked (-108) for 15 minutes; usually never. */
  lockAfter?: number;
  /** Lines that carry no links. */
  advertisingLines?: readonly string[];
  /** Words that no text may have. */
  filteredWords?: readonly string[];
}

/** What a request of either generation asks to send. */
interface Wanted {
  to: string;
  text: string;
  /** Null for templates, which go out on the shared line. */
  line: string | null;
  template: string | null;
  values: readonly string[];
  key: string;
}

const lockMs = 15 * 60_000;
const longestList = 100;
const optOut = 'لغو11';
/** Beyond 2^53, so that whoever reads ids as numbers gets wrong ones. */
const firstId = 5_243_690_000_000_000_001n;
const firstInboundId = 880_001;
const national = /^09\d{9}$/;
const link = /https?:\/\/|www\.|[a-z0-9]\.[a-z]{2,}/i;

/**
 * Meli Payamak's REST API (HTTP 200 and a code for refusals, HTTP 500 for a missing field) and its
 * console (a token in the address, words for refusals) over the same messages. A message costs as
 * many credits as it has parts. The form of REST's lists follows the older service; several
 * recipients, a wrong token of the console and what is missing there are answered by our invention.
 */
export class FakeMeliPayamak extends FakeProvider {
  readonly #account: FakeMeliPayamakOptions;
  readonly #inbox: Listed[] = [];
  #isConsole = false;
  #failures = 0;
  #lockedUntil = 0;

  constructor(options: FakeMeliPayamakOptions = {}) {
    super(options);
    this.#account = options;
  }

  /** Puts a text from somebody into a line's inbox. */
  receive({ from, line, text }: { from: string; line: string; text: string }): void {
    const id = String(firstInboundId + this.#inbox.length);
    this.#inbox.push({ id, from, to: line, line, text, at: this.clock.now() });
  }

  protected route(request: FakeRequest): FakeReply {
    const [, , group = '', action = '', token = ''] = request.path.split('/');
    this.#isConsole = group !== 'SendSMS';
    if (this.#isConsole) {
      return this.#console(`${request.method} ${group}/${action}`, token, request.json);
    }
    const fields = new Map(
      typeof request.json === 'object' && request.json !== null
        ? Object.entries(request.json).map(([name, value]) => [name, String(value)])
        : request.form,
    );
    return request.method === 'POST' && neededFields[action]
      ? this.#rest(action, neededFields[action], fields)
      : { status: 404, body: JSON.stringify({ Message: 'No HTTP resource was found.' }) };
  }

  /** The nearest that the list of codes has: "over the limit of the hour". */
  protected throttled(): FakeReply {
    return this.#refuse('19');
  }

  #rest(method: string, names: readonly string[], fields: Map<string, string>): FakeReply {
    const of = (name: string): string => fields.get(name) ?? '';
    const isNumber = method !== 'BaseServiceNumber' || /^\d{1,10}$/.test(of('bodyId'));
    if (['username', 'password', ...names].some((name) => !fields.has(name)) || !isNumber) {
      return brokenDown;
    }
    const key = of('password');
    const fault = of('username') === '' ? '0' : this.#refusalOf(key);
    if (fault !== null) {
      return this.#refuse(fault);
    }
    const wanted = { to: of('to'), text: of('text'), line: null, template: null, values: [], key };
    switch (method) {
      case 'SendSMS':
        return this.#send({ ...wanted, line: of('from') });
      case 'BaseServiceNumber': {
        const values = wanted.text === '' ? [] : wanted.text.split(';');
        const text = values.join(' ');
        return this.#send({ ...wanted, text, template: of('bodyId'), values });
      }
      case 'GetDeliveries2':
        return answer(String(this.#stateCodeOf(of('recId'))));
      case 'GetMessages':
        return this.#list(of('location'), of('from'), Number(of('index')), Number(of('count')));
      default:
        return answer(String(this.#creditOf(key)));
    }
  }

  #console(route: string, key: string, json: unknown): FakeReply {
    const fault = this.#refusalOf(key);
    if (fault !== null) {
      return this.#refuse(fault);
    }
    const fields = new Map(Object.entries(typeof json === 'object' && json ? json : {}));
    const of = (name: string): string => String(fields.get(name) ?? '');
    const listOf = (name: string): string[] => {
      const given: unknown = fields.get(name);
      return Array.isArray(given) ? given.map(String) : [];
    };
    const wanted = { to: of('to'), text: of('text'), line: null, template: null, values: [], key };
    switch (route) {
      case 'POST send/simple':
        return this.#send({ ...wanted, line: of('from') });
      case 'POST send/shared': {
        const values = listOf('args');
        const text = values.join(' ');
        return this.#send({ ...wanted, text, template: of('bodyId'), values });
      }
      case 'POST receive/status': {
        const codes = listOf('recIds').map((id) => this.#stateCodeOf(id));
        return ok({ results: codes.map(() => ''), resultsAsCode: codes, status: '' });
      }
      case 'GET receive/credit':
        return ok({ amount: this.#creditOf(key), status: '' });
      default:
        return { status: 404, body: '' };
    }
  }

  #send(wanted: Wanted): FakeReply {
    const recipients = wanted.to.split(',').filter((to) => to !== '');
    const price = countParts(wanted.text).parts;
    const fault =
      this.#faultOf(wanted, recipients) ??
      (this.#creditOf(wanted.key) < price * recipients.length ? '2' : null);
    if (fault !== null) {
      return this.#refuse(fault);
    }
    const { text, line, template, values } = wanted;
    const messages = recipients.map((to, i) => {
      const id = String(firstId + BigInt(this.log.length + i));
      return { id, to, text, line, template, values, ref: null };
    });
    return this.takeAll(messages, (stored) => {
      this.credit -= price * stored.length;
      const ids = stored.map(({ id }) => id);
      return this.#isConsole ? consoleSuccess(ids) : answer(ids.join(','));
    });
  }

  #faultOf({ text, line, template, values }: Wanted, to: readonly string[]): string | null {
    const { advertisingLines = [], filteredWords = [] } = this.#account;
    const known = template === null ? null : this.template(template);
    const faults: readonly (readonly [code: string, isThere: boolean])[] = [
      [refusedLine, line !== null && !this.options.lines.includes(line)],
      ['16', to.length === 0],
      ['-2', template !== null && to.length > 1],
      ['18', to.some((one) => !national.test(one))],
      ['-4', known === undefined],
      ['-5', known !== null && known?.variables.length !== values.length],
      ['-10', values.some((value) => link.test(value))],
      ['17', template === null && text.trim() === ''],
      ['15', to.length > 1 && !text.includes(optOut)],
      ['7', filteredWords.some((word) => text.includes(word))],
      ['14', line !== null && advertisingLines.includes(line) && link.test(text)],
    ];
    return faults.find(([, isThere]) => isThere)?.[0] ?? null;
  }

  /** Why the account may not do anything at all. */
  #refusalOf(key: string): string | null {
    const { loginPassword, needsIps = false, lockAfter = Infinity } = this.#account;
    const now = this.clock.now().getTime();
    if (now < this.#lockedUntil) {
      return '-108';
    }
    const fault = refusalsByKey[key];
    if (fault === '0') {
      this.#failures += 1;
      if (this.#failures >= lockAfter) {
        this.#failures = 0;
        this.#lockedUntil = now + lockMs;
      }
    }
    return fault ?? (key === loginPassword ? '-110' : null) ?? (needsIps ? '-109' : null);
  }

  #refuse(code: string): FakeReply {
    return this.#isConsole ? consoleRefusal(code) : refusal(code);
  }

  #creditOf(key: string): number {
    return key === refusedKeys.noCredit ? 0 : this.credit;
  }

  #stateCodeOf(id: string): number {
    const message = this.log.find((one) => one.id === id);
    return stateCodes[message ? this.stateOf(message) : 'unknown'];
  }

  /** Newest first, as seen in other clients, with ids as bare numbers. */
  #list(location: string, from: string, index: number, count: number): FakeReply {
    const sent = this.log.map(({ id, to, text, line, storedAt }) => {
      return { id, from: line ?? sharedLine, to, line, text, at: storedAt };
    });
    const boxes: Record<string, Listed[]> = { '1': this.#inbox, '2': sent };
    const listed = boxes[location] ?? [...sent, ...this.#inbox];
    const data = listed
      .filter(({ line }) => from === '' || line === from)
      .toReversed()
      .toSorted((one, other) => other.at.getTime() - one.at.getTime())
      .slice(index, index + Math.min(count, longestList));
    return list(data);
  }
}
