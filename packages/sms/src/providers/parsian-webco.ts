import {
  exchange,
  field,
  idOf,
  outcomeOfFailure,
  outcomeOfStatus,
  readJson,
  usualTimeouts,
  type HttpAnswer,
  type HttpFailure,
  type Timeouts,
} from '../http.ts';
import { toNational } from '../mobile.ts';
import {
  accepted,
  rejected,
  unknown,
  type Credit,
  type DeliveryReport,
  type DeliveryState,
  type SendOutcome,
} from '../outcome.ts';
import {
  cannot,
  type ProviderMessage,
  type SmsProvider,
  type TemplateMessage,
} from '../provider.ts';
import { oneByOne } from './one-by-one.ts';

/**
 * Names in requests and answers. The provider publishes no page about its API: what is sent was
 * seen in several other clients, what is read beyond `status` is our assumption. Whoever knows
 * better writes it here.
 */
export interface ParsianWebCoFields {
  token: string;
  template: string;
  values: string;
  receiver: string;
  delay: string;
  /** Of the question about a message. */
  messageId: string;
  /** The result code of every answer. */
  status: string;
  /** Where an answer may hold the message's id, the likeliest first; dots lead into objects. */
  ids: readonly string[];
  /** Where it may hold what is left on the account. */
  credits: readonly string[];
  /** Where it may hold a message's state. */
  states: readonly string[];
  /** What the values found there mean. None is known, so all are read as unknown. */
  stateNames: Readonly<Record<string, DeliveryState>>;
}

export interface ParsianWebCoOptions {
  token: string;
  url?: string;
  timeouts?: Partial<Timeouts>;
  fields?: Partial<ParsianWebCoFields>;
}

const usualFields: ParsianWebCoFields = {
  token: 'token',
  template: 'TemplateID',
  values: 'MessageVars',
  receiver: 'Receiver',
  delay: 'delay',
  messageId: 'smsID',
  status: 'status',
  ids: ['smsID', 'smsId', 'SmsID', 'id', 'data.smsID', 'data.id', 'data'],
  credits: ['credit', 'Credit', 'data.credit', 'data'],
  states: ['state', 'data.state', 'data'],
  stateNames: {},
};

const paths = {
  send: 'webservice-send-sms/send',
  status: 'webservice-check-sms/get',
  credit: 'webservice-get-credit/get',
} as const;

/** The three values of `status` that other clients know. */
const codes = { ok: '200', failed: '100', refused: '401' } as const;

/** What is found by guessing is taken only in a likely form: a sentence is neither id nor state. */
const forms = { id: /^(?=\D*\d)[\w-]{1,64}$/, state: /^[\w-]{1,32}$/, credit: /^\d+(?:\.\d+)?$/ };

/** All clients send this; presumably seconds between the parts of a long message. */
const delay = '1';

/**
 * Parsian WebCo (parsianwebco.ir), which sends approved templates only. Nothing about its API is
 * documented, and a message can neither be looked for nor sent twice safely: not for the first
 * place among providers.
 *
 * The values fill the placeholders `__1__`, `__2__` and so on in their order; their names play no
 * part. They travel in one field, parted by commas, so a comma in a value goes as an Arabic one
 * (U+060C): how to escape it is not known. Codes hold none and go as they are.
 */
export function createParsianWebCo(options: ParsianWebCoOptions): SmsProvider {
  const { token, url = 'https://api.parsianwebco.ir' } = options;
  const timeouts = { ...usualTimeouts, ...options.timeouts };
  const fields = { ...usualFields, ...options.fields };
  const stateNames = new Map(Object.entries(fields.stateNames));

  const call = (path: string, form: Record<string, string>) =>
    exchange(
      { method: 'POST', url: `${url}/${path}`, form: { [fields.token]: token, ...form } },
      timeouts,
    );

  const ask = async (path: string, form: Record<string, string>): Promise<unknown> => {
    const answer = await call(path, form);
    const body = 'failed' in answer || answer.status !== 200 ? undefined : readJson(answer.body);
    return idOf(field(body, fields.status)) === codes.ok ? body : undefined;
  };

  async function send(message: ProviderMessage): Promise<SendOutcome> {
    if (message.kind === 'text') {
      return rejected(['message', 'unsupported'], null);
    }
    if (!/^\d+$/.test(message.template)) {
      return rejected(['account', 'template-missing'], null);
    }
    if (message.values.some(({ value }) => value === '')) {
      return rejected(['message', 'template-args'], null);
    }
    return readSend(await call(paths.send, toForm(message, fields)), fields);
  }

  function status(ids: readonly string[]): Promise<DeliveryReport[] | null> {
    return oneByOne(ids, async (id) => {
      const body = await ask(paths.status, { [fields.messageId]: id });
      const code = probe(body, fields.states, forms.state);
      const state = stateNames.get(code ?? '') ?? 'unknown';
      return body === undefined ? null : { providerMessageId: id, state, providerCode: code };
    });
  }

  async function credit(): Promise<Credit | null> {
    const amount = probe(await ask(paths.credit, {}), fields.credits, forms.credit);
    return amount === null ? null : { amount, unit: 'credit' };
  }

  const capabilities = {
    text: false,
    template: true,
    idempotent: [],
    findable: [],
    status: stateNames.size > 0,
    statusBatch: 1,
    statusSeconds: 48 * 3_600,
    credit: true,
    inbound: 'none',
    longestText: 0,
    isExperimental: true,
  } as const;
  const { find, receive } = cannot;
  return { name: 'parsian-webco', capabilities, send, find, status, credit, receive };
}

function toForm(message: TemplateMessage, fields: ParsianWebCoFields): Record<string, string> {
  return {
    [fields.template]: message.template,
    [fields.values]: message.values.map(({ value }) => value.replaceAll(',', '،')).join(','),
    [fields.receiver]: toNational(message.to),
    [fields.delay]: delay,
  };
}

/**
 * What came back for a message. The body's own code decides. A code that nobody has described is
 * no refusal: the message may be on its way.
 */
function readSend(answer: HttpAnswer | HttpFailure, fields: ParsianWebCoFields): SendOutcome {
  if ('failed' in answer) {
    return outcomeOfFailure(answer);
  }
  const { status } = answer;
  const body = readJson(answer.body);
  const code = idOf(field(body, fields.status));
  const lost = outcomeOfStatus(status);
  if (lost) {
    return lost;
  }
  if (code === codes.refused) {
    return rejected(['account', 'auth'], code, status);
  }
  if (code === codes.failed) {
    return rejected(['provider', 'unexpected'], code, status);
  }
  return code === codes.ok && status >= 200 && status <= 299
    ? accepted(probe(body, fields.ids, forms.id))
    : unknown('bad-body', status);
}

/** The first text or number of the wanted form at one of the places; of a list its first entry. */
function probe(body: unknown, places: readonly string[], form: RegExp): string | null {
  for (const place of places) {
    const found = place
      .split('.')
      .reduce<unknown>((value, name) => firstOf(field(value, name)), body);
    const text = idOf(found);
    if (text !== null && form.test(text)) {
      return text;
    }
  }
  return null;
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}
