import { exchange, usualTimeouts, type HttpCall, type Timeouts } from '../http.ts';
import { rejected, type DeliveryReport, type SendOutcome } from '../outcome.ts';
import {
  cannot,
  type FindOutcome,
  type LostMessage,
  type ProviderMessage,
  type SmsProvider,
} from '../provider.ts';
import { oneByOne } from './one-by-one.ts';
import { readCredit, readData, readReport, readSend } from './twilio.answers.ts';
import { findText } from './twilio.find.ts';

/** Either of the account's own token, or of a key that can be taken back alone. */
type TwilioCredentials =
  | { authToken: string; apiKey?: undefined }
  | { authToken?: string; apiKey: { sid: string; secret: string } };

/** A number or name of ours, or a messaging service, which chooses one of its own. */
type TwilioSender =
  | { from: string; messagingServiceSid?: undefined }
  | { from?: undefined; messagingServiceSid: string };

export type TwilioOptions = TwilioCredentials &
  TwilioSender & {
    accountSid: string;
    channel?: 'sms' | 'whatsapp';
    /** Where states are pushed to; see `readTwilioDelivery`. */
    statusCallbackUrl?: string;
    /** The host. */
    url?: string;
    timeouts?: Partial<Timeouts>;
  };

/**
 * A message takes no number of ours: a second try is a second SMS. A text can be looked for by its
 * words; the provider's page says that a template's message comes back without any, so one cannot.
 *
 * 1,600 characters are documented. How long a state can be asked for is not: a text is kept for 30
 * days at least, and that states are too is our assumption.
 */
const capabilities = {
  text: true,
  template: true,
  idempotent: [],
  findable: ['text'],
  status: true,
  statusBatch: 1,
  statusSeconds: 30 * 86_400,
  credit: true,
  inbound: 'none',
  longestText: 1_600,
  isExperimental: false,
} as const;

/**
 * Twilio's Messages resource (twilio.com/docs/messaging/api/message-resource), for SMS or for
 * WhatsApp. Templates are those of its Content API, by `ContentSid`, and slots are the names of
 * their variables, such as `1`.
 *
 * **It delivers nothing to Iran.** Since 15 March 2025 it refuses numbers of +98 on every channel
 * with 21408, which no setting lifts: it is for numbers of other countries.
 *
 * On WhatsApp a text reaches only people who have written within the last 24 hours. The provider
 * takes it all the same, and says later, as the message's state, that it was not delivered (63016).
 */
export function createTwilio(options: TwilioOptions): SmsProvider {
  const { accountSid, channel = 'sms', url = 'https://api.twilio.com' } = options;
  const timeouts = { ...usualTimeouts, ...options.timeouts };
  const root = `/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/`;
  const headers = { authorization: `Basic ${basicOf(options)}` };

  const call = (method: HttpCall['method'], path: string, form?: Record<string, string>) =>
    exchange({ method, url: `${url}${root}${path}`, headers, ...(form ? { form } : {}) }, timeouts);

  const ask = async (path: string): Promise<unknown> => readData(await call('GET', path));

  const addressOf = (number: string): string =>
    channel === 'whatsapp' ? `whatsapp:${number.replace(/^whatsapp:/, '')}` : number;

  async function send(message: ProviderMessage): Promise<SendOutcome> {
    if (message.kind === 'text' && message.text === '') {
      return rejected(['message', 'empty-message'], null);
    }
    if (message.kind === 'text' && message.text.length > capabilities.longestText) {
      return rejected(['message', 'too-long'], null);
    }
    return readSend(await call('POST', 'Messages.json', formOf(message)));
  }

  function formOf(message: ProviderMessage): Record<string, string> {
    return {
      To: addressOf(message.to),
      ...(options.from === undefined
        ? { MessagingServiceSid: options.messagingServiceSid }
        : { From: addressOf(options.from) }),
      ...contentOf(message),
      ...(options.statusCallbackUrl === undefined
        ? {}
        : { StatusCallback: options.statusCallbackUrl }),
    };
  }

  function find({ message, triedAt }: LostMessage): Promise<FindOutcome> {
    return message.kind === 'text'
      ? findText({ message, triedAt, address: addressOf(message.to), root, ask })
      : cannot.find();
  }

  function status(ids: readonly string[]): Promise<DeliveryReport[] | null> {
    return oneByOne(ids, async (id) =>
      readReport(id, await call('GET', `Messages/${encodeURIComponent(id)}.json`)),
    );
  }

  return {
    ...cannot,
    name: channel === 'whatsapp' ? 'twilio-whatsapp' : 'twilio',
    capabilities,
    send,
    find,
    status,
    credit: async () => readCredit(await call('GET', 'Balance.json')),
  };
}

function basicOf({ accountSid, authToken, apiKey }: TwilioOptions): string {
  const [user, password] = apiKey ? [apiKey.sid, apiKey.secret] : [accountSid, authToken];
  return Buffer.from(`${user}:${password}`).toString('base64');
}

function contentOf(message: ProviderMessage): Record<string, string> {
  if (message.kind === 'text') {
    return { Body: message.text };
  }
  const variables = message.values.map(({ name, value }) => [name, value] as const);
  return {
    ContentSid: message.template,
    ...(variables.length === 0
      ? {}
      : { ContentVariables: JSON.stringify(Object.fromEntries(variables)) }),
  };
}
