import { exchange, idOf, usualTimeouts, type HttpCall, type Timeouts } from '../http.ts';
import { toNational } from '../mobile.ts';
import {
  accepted,
  rejected,
  unknown,
  type Credit,
  type DeliveryReport,
  type SendOutcome,
} from '../outcome.ts';
import type {
  FindOutcome,
  InboundMessage,
  LostMessage,
  ProviderMessage,
  SmsProvider,
} from '../provider.ts';
import {
  fieldOfAnyCase,
  listOf,
  readData,
  readSend,
  toInbound,
  toReport,
} from './ghasedak.answers.ts';
import { duplicateCode } from './ghasedak.codes.ts';

export interface GhasedakOptions {
  /** Travels in the header `ApiKey`. */
  apiKey: string;
  /** The line for plain texts; templates go out on the provider's own. */
  line: string;
  /** The host. */
  url?: string;
  timeouts?: Partial<Timeouts>;
}

/**
 * A message's number is kept with it but stops no second one: blocking these is a switch in the
 * provider's panel. So a lost message is asked for, not sent again.
 *
 * 100 messages of one status call and 1000 characters of a text are documented by the provider; how
 * long a state can be asked for is not, and 48 hours are our assumption.
 */
const capabilities = {
  text: true,
  template: true,
  idempotent: [],
  findable: ['text', 'template'],
  status: true,
  statusBatch: 100,
  statusSeconds: 48 * 3_600,
  credit: true,
  inbound: 'poll',
  longestText: 1_000,
  isExperimental: false,
} as const;

const root = '/rest/api/v1/WebService/';
const idTypes = { message: '1', reference: '2' } as const;

/**
 * Ghasedak's REST API (ghasedak.me/docs). Its SDKs for PHP and Python and its page name the host
 * `gateway.ghasedak.me`, those for Node and .NET `gw.ghasedak.me`, which can be given as `url`.
 */
export function createGhasedak(options: GhasedakOptions): SmsProvider {
  const { apiKey, line, url = 'https://gateway.ghasedak.me' } = options;
  const timeouts = { ...usualTimeouts, ...options.timeouts };

  const call = (method: HttpCall['method'], path: string, json?: unknown) =>
    exchange({ method, url: `${url}${root}${path}`, headers: { ApiKey: apiKey }, json }, timeouts);

  const ask = async (path: string, query: [string, string][] = []): Promise<unknown> =>
    readData(await call('GET', `${path}?${new URLSearchParams(query).toString()}`));

  async function send(message: ProviderMessage): Promise<SendOutcome> {
    if (message.kind === 'text' && message.text === '') {
      return rejected(['message', 'empty-message'], null);
    }
    if (message.kind === 'text' && message.text.length > capabilities.longestText) {
      return rejected(['message', 'too-long'], null);
    }
    const outcome = readSend(await post(message));
    return outcome.outcome === 'rejected' && outcome.providerCode === duplicateCode
      ? settleDuplicate(message, outcome)
      : outcome;
  }

  function post(message: ProviderMessage) {
    const number = toNational(message.to);
    if (message.kind === 'text') {
      return call('POST', 'SendSingleSMS', {
        lineNumber: line,
        receptor: number,
        message: message.text,
        clientReferenceId: message.ref,
      });
    }
    return call('POST', 'SendOtpSMS', {
      templateName: message.template,
      receptors: [{ mobile: number, clientReferenceId: message.ref }],
      inputs: message.values.map(({ name, value }) => ({ param: name, value })),
    });
  }

  /** The number is never used for another message, so the one they have is this one. */
  async function settleDuplicate(
    message: ProviderMessage,
    refused: SendOutcome,
  ): Promise<SendOutcome> {
    const answer = await findByRef(message.ref);
    if (answer.found === 'yes') {
      return accepted(answer.providerMessageId);
    }
    return answer.found === 'absent' ? refused : unknown('bad-body');
  }

  async function findByRef(ref: string): Promise<FindOutcome> {
    const data = await ask('CheckSmsStatus', [
      ['Ids', ref],
      ['Type', idTypes.reference],
    ]);
    const items = listOf(data);
    if (items === null) {
      return { found: 'unknown' };
    }
    const ours = items.filter((item) => {
      const theirs = idOf(fieldOfAnyCase(item, 'clientReferenceId'));
      return theirs === null || theirs === ref;
    });
    const id = idOf(fieldOfAnyCase(ours.at(-1), 'messageId'));
    if (id !== null) {
      return { found: 'yes', providerMessageId: id };
    }
    return { found: ours.length === 0 ? 'absent' : 'unknown' };
  }

  async function find({ message }: LostMessage): Promise<FindOutcome> {
    return findByRef(message.ref);
  }

  async function status(ids: readonly string[]): Promise<DeliveryReport[] | null> {
    const query = ids.map((id): [string, string] => ['Ids', id]);
    const items = listOf(await ask('CheckSmsStatus', [...query, ['Type', idTypes.message]]));
    return items === null ? null : items.flatMap((item) => toReport(item) ?? []);
  }

  async function credit(): Promise<Credit | null> {
    const amount = idOf(fieldOfAnyCase(await ask('GetAccountInformation'), 'credit'));
    return amount === null ? null : { amount, unit: 'IRR' };
  }

  /** Their last 100 unread texts. */
  async function receive(receiver: string): Promise<InboundMessage[] | null> {
    const data = await ask('GetReceivedSmses', [
      ['LineNumber', receiver],
      ['IsRead', 'false'],
    ]);
    return listOf(data)?.map(toInbound) ?? null;
  }

  return { name: 'ghasedak', capabilities, send, find, status, credit, receive };
}
