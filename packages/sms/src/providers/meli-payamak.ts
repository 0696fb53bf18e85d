import { field, idOf, usualTimeouts, type Timeouts } from '../http.ts';
import { senderOf, toNational } from '../mobile.ts';
import {
  rejected,
  type Credit,
  type DeliveryReport,
  type Rejected,
  type SendOutcome,
} from '../outcome.ts';
import {
  cannot,
  type FindOutcome,
  type InboundMessage,
  type LostMessage,
  type ProviderMessage,
  type SmsProvider,
  type TemplateMessage,
} from '../provider.ts';
import { findIn, inboundOf, meliPayamakConsole, meliPayamakRest } from './meli-payamak.client.ts';
import { deliveryStates } from './meli-payamak.codes.ts';
import { oneByOne } from './one-by-one.ts';

export interface MeliPayamakOptions {
  /** Of the panel, usually a mobile number. */
  username: string;
  /** The panel's key for programs. It takes the password's place, which accounts can forbid. */
  apiKey: string;
  /** Line for plain texts; templates go out on the provider's shared service line. */
  from: string;
  url?: string;
  timeouts?: Partial<Timeouts>;
}

export interface MeliPayamakConsoleOptions {
  /** The console's own key; the REST one does not work there. Never in an outcome of ours. */
  token: string;
  from: string;
  url?: string;
  /** Less than 5 seconds in all is too little: it has been seen to send first and answer late. */
  timeouts?: Partial<Timeouts>;
}

const common = {
  text: true,
  template: true,
  idempotent: [],
  status: true,
  /** How long states are kept is not documented: our assumption. */
  statusSeconds: 48 * 3_600,
  credit: true,
  /** Ten Persian parts; not documented: our assumption. */
  longestText: 670,
} as const;

const restCapabilities = {
  ...common,
  findable: ['text', 'template'],
  statusBatch: 1,
  inbound: 'poll',
  isExperimental: false,
} as const;

/** Experimental, because its answers are known from other clients only and its refusals are words. */
const consoleCapabilities = {
  ...common,
  findable: [],
  statusBatch: 100,
  inbound: 'push',
  isExperimental: true,
} as const;

const bodyIdForm = /^[1-9]\d{0,9}$/;
/** What is a link for certain. The provider says no more than that it refuses them (code -10). */
const link =
  /:\/\/|www\.|[\p{L}\p{N}-]\.(?:ir|com|net|org|me|co|io|info|app|link|shop|site|xyz|ایران)(?![\p{L}\p{N}])/iu;
const amountForm = /^-?\d+(?:\.\d+)?$/;

/** Meli Payamak's REST API (melipayamak.com). It knows no number of ours, so nothing is repeated. */
export function createMeliPayamak(options: MeliPayamakOptions): SmsProvider {
  const { username, apiKey, from, url = 'https://rest.payamak-panel.com' } = options;
  const timeouts = { ...usualTimeouts, ...options.timeouts };
  const rest = meliPayamakRest(url, { username, password: apiKey }, timeouts);

  function send(message: ProviderMessage): Promise<SendOutcome> {
    const to = toNational(message.to);
    if (message.kind === 'text') {
      return rest.send('SendSMS', { to, from, text: message.text, isFlash: 'false' });
    }
    const values = message.values.map(({ value }) => value);
    // Values are joined by semicolons: one inside of a value would make two of it.
    const wrong = values.some((value) => value.includes(';'))
      ? rejected(['message', 'template-args'], null)
      : faultOf(message);
    return wrong
      ? Promise.resolve(wrong)
      : rest.send('BaseServiceNumber', { to, bodyId: message.template, text: values.join(';') });
  }

  async function find(lost: LostMessage): Promise<FindOutcome> {
    const sent = await rest.list('sent', '');
    return sent ? findIn(sent, lost) : { found: 'unknown' };
  }

  function status(ids: readonly string[]): Promise<DeliveryReport[] | null> {
    return oneByOne(ids, async (id) =>
      reportOf(id, await rest.ask('GetDeliveries2', { recId: id })),
    );
  }

  async function credit(): Promise<Credit | null> {
    return creditOf(await rest.ask('GetCredit', {}));
  }

  /** The newest 100, with those of the last time: the list does not say what has been fetched. */
  async function receive(line: string): Promise<InboundMessage[] | null> {
    const entries = await rest.list('inbox', line);
    return entries?.map((entry) => inboundOf(entry, line)) ?? null;
  }

  return {
    name: 'meli-payamak',
    capabilities: restCapabilities,
    send,
    find,
    status,
    credit,
    receive,
  };
}

/** Meli Payamak's console, a second generation of its API with a token of its own. */
export function createMeliPayamakConsole(options: MeliPayamakConsoleOptions): SmsProvider {
  const { token, from, url = 'https://console.melipayamak.com' } = options;
  const client = meliPayamakConsole(url, token, { ...usualTimeouts, ...options.timeouts });

  function send(message: ProviderMessage): Promise<SendOutcome> {
    const to = toNational(message.to);
    if (message.kind === 'text') {
      return client.send('simple', { from, to, text: message.text });
    }
    const wrong = faultOf(message);
    const args = message.values.map(({ value }) => value);
    return wrong
      ? Promise.resolve(wrong)
      : client.send('shared', { bodyId: Number(message.template), to, args });
  }

  /** Numbers go as texts, as in other clients: as numbers they would be rounded on the way. */
  async function status(ids: readonly string[]): Promise<DeliveryReport[] | null> {
    const codes = field(await client.ask('status', { recIds: ids }), 'resultsAsCode');
    if (!Array.isArray(codes) || codes.length !== ids.length) {
      return null;
    }
    return ids.flatMap((id, i) => reportOf(id, idOf(codes[i])) ?? []);
  }

  async function credit(): Promise<Credit | null> {
    return creditOf(idOf(field(await client.ask('credit'), 'amount')));
  }

  return {
    ...cannot,
    name: 'meli-payamak-console',
    capabilities: consoleCapabilities,
    send,
    status,
    credit,
  };
}

/**
 * A text that the panel hands on to our address (melipayamak.com/api/transfering-massage), set up
 * as `https://…?to=$TO$&body=$TEXT$&from=$FROM$`; the address has to answer `OK`. Nothing is signed
 * and nothing is numbered: put a secret of your own into the address, and take the same text from
 * the same sender within a minute for one. Null when it is no such call.
 */
export function readMeliPayamakInbound(query: URLSearchParams): InboundMessage | null {
  const [from, line, text] = ['from', 'to', 'body'].map((name) => query.get(name));
  return from && line && typeof text === 'string'
    ? { providerMessageId: null, from: senderOf(from), line, text, receivedAt: null }
    : null;
}

/** What the provider would refuse in a template, or would break down over. */
function faultOf({ template, values }: TemplateMessage): Rejected | null {
  if (!bodyIdForm.test(template)) {
    return rejected(['account', 'template-missing'], null);
  }
  return values.some(({ value }) => link.test(value))
    ? rejected(['message', 'content-rejected'], null)
    : null;
}

function reportOf(providerMessageId: string, code: string | null): DeliveryReport | null {
  return code !== null && /^-?\d{1,5}$/.test(code)
    ? { providerMessageId, state: deliveryStates[code] ?? 'unknown', providerCode: code }
    : null;
}

/** A number of messages or Rial, by the kind of panel; nothing in the answer says which. */
function creditOf(amount: string | null): Credit | null {
  return amount !== null && amountForm.test(amount) ? { amount, unit: 'credit' } : null;
}
