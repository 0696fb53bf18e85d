import {
  exchange,
  field,
  idOf,
  outcomeOfFailure,
  readJson,
  usualTimeouts,
  type HttpAnswer,
  type HttpFailure,
  type Timeouts,
} from '../http.ts';
import { toNational } from '../mobile.ts';
import {
  accepted,
  type Credit,
  type DeliveryReport,
  type DeliveryState,
  type SendOutcome,
  type SmsErrorKind,
} from '../outcome.ts';
import { cannot, type Capabilities, type ProviderMessage, type SmsProvider } from '../provider.ts';
import { outcomeOfErrors } from './field-errors.ts';
import { oneByOne } from './one-by-one.ts';

export interface FarazSmsOptions {
  /** Goes into a header, where capitals count; it is never in an outcome or an error of ours. */
  apiKey: string;
  /** Our line, digits. */
  line: string;
  url?: string;
  timeouts?: Partial<Timeouts>;
}

/** States of a recipient (seen in other clients, not documented). */
const recipientStates: ReadonlyMap<string, DeliveryState> = new Map([
  ['not-started', 'queued'],
  ['in-queue', 'queued'],
  ['sent', 'sent-to-carrier'],
  ['send-failure', 'failed'],
  ['delivered', 'delivered'],
  ['delivery-failure', 'undelivered'],
  ['delivery-undetermined', 'unknown'],
  ['system-error', 'failed'],
  ['blacklist', 'blacklisted'],
]);

/** States of a sending in which it does not come to its recipients (seen in other clients too). */
const sendingStates: ReadonlyMap<string, { state: DeliveryState; error?: SmsErrorKind }> = new Map([
  ['insufficient-balance', { state: 'failed', error: 'no-credit' }],
  ['cancelled', { state: 'canceled' }],
  ['rejected', { state: 'filtered', error: 'content-rejected' }],
]);

const capabilities: Capabilities = {
  text: true,
  template: true,
  idempotent: [],
  findable: [],
  status: true,
  statusBatch: 1,
  // Neither is documented; our assumption: no state changes after two days, and ten Persian parts.
  statusSeconds: 48 * 3_600,
  longestText: 670,
  credit: true,
  inbound: 'none',
  isExperimental: true,
};

/**
 * FarazSMS, also IranPayamak (docs.farazsms.com, docs.iranpayamak.com). Success means queued: texts
 * are always reviewed by people, and so is, without a word, a template with a value longer than its
 * variable was declared. A second try is a second SMS, and a lost one cannot be looked for.
 */
export function createFarazSms(options: FarazSmsOptions): SmsProvider {
  const { apiKey, line, url = 'https://api.iranpayamak.com' } = options;
  const timeouts = { ...usualTimeouts, ...options.timeouts };

  const call = (path: string, json?: unknown): Promise<HttpAnswer | HttpFailure> => {
    const method = json === undefined ? 'GET' : 'POST';
    const headers = { 'api-key': apiKey };
    return exchange({ method, url: `${url}/ws/v1/${path}`, headers, json }, timeouts);
  };

  /** Data of a question; undefined when there was no answer or a refusal. */
  const ask = async (path: string): Promise<unknown> => {
    const answer = await call(path);
    const body = 'failed' in answer ? undefined : readJson(answer.body);
    return field(body, 'status') === 'success' ? field(body, 'data') : undefined;
  };

  async function send(message: ProviderMessage): Promise<SendOutcome> {
    const to = toNational(message.to);
    // Digits stay as they are written: phones fill in codes of ASCII digits only.
    const common = { number_format: 'english', schedule: null };
    if (message.kind === 'text') {
      const json = { text: message.text, line_number: line, recipients: [to], ...common };
      return readSend(await call('sms/simple', json));
    }
    const attributes = Object.fromEntries(message.values.map(({ name, value }) => [name, value]));
    const json = {
      code: message.template,
      attributes,
      recipient: to,
      line_number: line,
      ...common,
    };
    return readSend(await call('sms/pattern', json));
  }

  async function report(id: string): Promise<DeliveryReport | null> {
    const sending = `send_request/${encodeURIComponent(id)}`;
    const items = await ask(`${sending}/items`);
    const rows = Array.isArray(items) ? items : field(items, 'data');
    if (!Array.isArray(rows)) {
      return null;
    }
    const status = idOf(field(rows[0], 'status'));
    const state = status === null ? 'queued' : (recipientStates.get(status) ?? 'unknown');
    if (state !== 'queued') {
      return { providerMessageId: id, state, providerCode: status };
    }
    const data = await ask(sending);
    const whole = idOf(field(field(data, 'sendRequest') ?? data, 'status'));
    const end = sendingStates.get(whole ?? '');
    return { providerMessageId: id, providerCode: whole ?? status, ...(end ?? { state }) };
  }

  /** The page has `balanceAmount`; answers with `balance_amount` are seen in other clients. */
  async function credit(): Promise<Credit | null> {
    const data = await ask('account/balance');
    const amount = idOf(field(data, 'balanceAmount') ?? field(data, 'balance_amount'));
    return amount === null ? null : { amount, unit: 'credit' };
  }

  return {
    name: 'faraz-sms',
    capabilities,
    send,
    find: cannot.find,
    status: (ids) => oneByOne(ids, report),
    credit,
    receive: cannot.receive,
  };
}

/**
 * What came back for a message. The page's example of success has 0 as its data, which is no id;
 * real ones are numbers, and objects with an id are our assumption.
 */
function readSend(answer: HttpAnswer | HttpFailure): SendOutcome {
  if ('failed' in answer) {
    return outcomeOfFailure(answer);
  }
  const { status } = answer;
  const body = readJson(answer.body);
  const said = field(body, 'status');
  const data = field(body, 'data');
  if (said === 'success' && status >= 200 && status <= 299 && data !== undefined) {
    const id = idOf(typeof data === 'object' ? field(data, 'id') : data);
    return accepted(id === '0' ? null : id);
  }
  return outcomeOfErrors({
    http: status,
    said: saidBy(said),
    errors: field(body, 'messages') ?? field(body, 'message'),
    code: null,
  });
}

function saidBy(status: unknown): 'success' | 'refusal' | 'nothing' {
  if (status === 'success') {
    return 'success';
  }
  return status === 'error' ? 'refusal' : 'nothing';
}
