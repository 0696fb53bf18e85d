import {
  exchange,
  field,
  idOf,
  outcomeOfFailure,
  outcomeOfStatus,
  readJson,
  usualTimeouts,
  type HttpAnswer,
  type HttpCall,
  type HttpFailure,
  type Timeouts,
} from '../http.ts';
import { toNational } from '../mobile.ts';
import { accepted, rejected, unknown, type Cost, type SendOutcome } from '../outcome.ts';
import type { TemplateMessage } from '../provider.ts';
import { codes, httpCodes } from './sms-ir.codes.ts';

export interface SmsIrOptions {
  /** Goes into a header; it is never in an outcome or an error of ours. */
  apiKey: string;
  /** Our line, digits, for plain texts. Without one there are templates only, which need none. */
  line?: string;
  url?: string;
  timeouts?: Partial<Timeouts>;
}

/** What the provider said: its code, and the data where the code is success. */
type Reply = { http: number; code: number | null; data: unknown } | HttpFailure;

const success = 1;
/** Characters of a template's value (sms.ir/rest-api; code 114 otherwise). */
const longestValue = 25;

/** SMS.ir's REST API, with the call for many recipients that a `SmsProvider` has not. */
export class SmsIrClient {
  readonly #options: SmsIrOptions;
  readonly #timeouts: Timeouts;

  constructor(options: SmsIrOptions) {
    this.#options = options;
    this.#timeouts = { ...usualTimeouts, ...options.timeouts };
  }

  /**
   * One text to at most 100 numbers in E.164, with an outcome for each of them. The cost that is
   * told is that of all: it is in the outcome only where there is one number.
   */
  async sendBulk(text: string, recipients: readonly string[]): Promise<SendOutcome[]> {
    const { line } = this.#options;
    if (line === undefined) {
      return recipients.map(() => rejected(['account', 'unsupported'], null));
    }
    const reply = await this.#post('send/bulk', {
      // Samples and SDKs have a number here; a line too long for one stays text.
      lineNumber: /^\d{1,15}$/.test(line) ? Number(line) : line,
      messageText: text,
      mobiles: recipients.map(toNational),
      sendDateTime: null,
    });
    return recipients.map(
      (_, i) => withoutSuccess(reply) ?? readBulk(reply, { i, of: recipients.length }),
    );
  }

  /** A template's text on the provider's own service line. */
  async sendTemplate({ to, template, values }: TemplateMessage): Promise<SendOutcome> {
    if (!/^\d{1,15}$/.test(template)) {
      return rejected(['account', 'template-missing'], null);
    }
    if (values.some(({ value }) => value.length > longestValue)) {
      return rejected(['message', 'template-args'], null);
    }
    const reply = await this.#post('send/verify', {
      mobile: toNational(to),
      templateId: Number(template),
      parameters: values.map(({ name, value }) => ({ name, value })),
    });
    return withoutSuccess(reply) ?? readVerify(reply);
  }

  /** Code and data of a question; null when there was no answer. */
  async ask(path: string): Promise<{ code: number; data: unknown } | null> {
    const reply = await this.#call({ method: 'GET', path });
    return 'failed' in reply || reply.code === null ? null : { code: reply.code, data: reply.data };
  }

  /** Data of a question; undefined when there was no answer or a refusal. */
  async data(path: string): Promise<unknown> {
    const reply = await this.ask(path);
    return reply?.code === success ? reply.data : undefined;
  }

  #post(path: string, json: unknown): Promise<Reply> {
    return this.#call({ method: 'POST', path, json });
  }

  async #call({ path, ...call }: Omit<HttpCall, 'url'> & { path: string }): Promise<Reply> {
    const { apiKey, url = 'https://api.sms.ir' } = this.#options;
    const headers = { 'x-api-key': apiKey };
    const answer = await exchange({ ...call, url: `${url}/v1/${path}`, headers }, this.#timeouts);
    return 'failed' in answer ? answer : readReply(answer);
  }
}

function readReply({ status, body }: HttpAnswer): Reply {
  const answer = readJson(body);
  const code = Number(idOf(field(answer, 'status')) ?? Number.NaN);
  return { http: status, code: Number.isInteger(code) ? code : null, data: field(answer, 'data') };
}

/** The outcome of every answer but success, for which it is null. The body comes before the status. */
function withoutSuccess(reply: Reply): SendOutcome | null {
  if ('failed' in reply) {
    return outcomeOfFailure(reply);
  }
  const { http, code, data } = reply;
  const because = code === null ? httpCodes[http] : codes[code];
  if (because) {
    return rejected(because, code, http);
  }
  const isOk = code === success && http >= 200 && http <= 299;
  if (isOk && typeof data === 'object' && data !== null) {
    return null;
  }
  const isRefusal = code !== null && code !== success;
  return (
    outcomeOfStatus(http) ??
    (isRefusal ? rejected(['provider', 'unexpected'], code, http) : unknown('bad-body', http))
  );
}

function readVerify(reply: Reply): SendOutcome {
  const data = field(reply, 'data');
  const id = idOf(field(data, 'messageId'));
  return id === '0' ? rejected(['recipient', 'blacklisted'], null) : accepted(id, costOf(data));
}

/**
 * One recipient of many. That null marks a number which was not sent to is documented by the
 * provider's SDK; that it means a wrong number and 0 a number on the blacklist is seen in other
 * clients, not documented.
 */
function readBulk(reply: Reply, { i, of }: { i: number; of: number }): SendOutcome {
  const data = field(reply, 'data');
  const ids = field(data, 'messageIds');
  const cost = of === 1 ? costOf(data) : {};
  if (!Array.isArray(ids)) {
    return accepted(null, cost);
  }
  const value: unknown = ids[i];
  if (value === null) {
    return rejected(['recipient', 'bad-number'], null);
  }
  const id = idOf(value);
  if (id === null) {
    return unknown('bad-body');
  }
  return id === '0' ? rejected(['recipient', 'blacklisted'], null) : accepted(id, cost);
}

/** In the provider's own credits, which may be broken numbers. */
function costOf(data: unknown): { cost?: Cost } {
  const amount = idOf(field(data, 'cost'));
  return amount === null ? {} : { cost: { amount, unit: 'credit' } };
}
