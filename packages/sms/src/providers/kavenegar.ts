import { rejected, unknown, type DeliveryReport, type SendOutcome } from '../outcome.ts';
import type {
  FindOutcome,
  InboundMessage,
  LostMessage,
  ProviderMessage,
  SmsProvider,
  TemplateMessage,
  TextMessage,
} from '../provider.ts';
import type { KavenegarReport } from './kavenegar.answers.ts';
import type { KavenegarClientOptions } from './kavenegar.calls.ts';
import { createKavenegarClient } from './kavenegar.client.ts';
import { isKavenegarToken, kavenegarLimits } from './kavenegar.codes.ts';
import { canBe } from './lost-text.ts';

export interface KavenegarOptions extends KavenegarClientOptions {
  /** Line for plain texts; the account's own when left out. */
  sender?: string;
  now?: () => Date;
}

type LostTemplate = LostMessage & { message: TemplateMessage };

/** How long before the attempt a search begins: the provider's clock may be behind ours. */
const searchBackSeconds = 60;

const capabilities = {
  text: true,
  template: true,
  idempotent: ['text'],
  findable: ['text', 'template'],
  status: true,
  statusBatch: kavenegarLimits.messageIds,
  statusSeconds: kavenegarLimits.statusSeconds,
  credit: true,
  inbound: 'poll',
  longestText: kavenegarLimits.text,
  isExperimental: false,
} as const;

/** The state of messages that they cannot tell us about. */
const notKnown = '100';
/** Calls for new texts to one line; what is left comes with the next poll. */
const mostPolls = 10;

/** Kavenegar. Plain texts carry our number of the message, so that a second try sends nothing. */
export function createKavenegar(options: KavenegarOptions): SmsProvider {
  const { sender, now = () => new Date() } = options;
  const client = createKavenegarClient(options);

  async function send(message: ProviderMessage): Promise<SendOutcome> {
    if (message.kind === 'template') {
      return sendTemplate(message);
    }
    const { to, ref, text } = message;
    if (text === '') {
      return rejected(['message', 'empty-message'], null);
    }
    if (text.length > kavenegarLimits.text) {
      return rejected(['message', 'too-long'], null);
    }
    const line = sender === undefined ? {} : { sender };
    const [outcome = unknown('bad-body')] = await client.send({
      recipients: [{ to, ref }],
      text,
      ...line,
    });
    return outcome;
  }

  /** Values that the provider would refuse are not sent, and not changed either: they may be codes. */
  function sendTemplate({ to, template, values }: TemplateMessage): Promise<SendOutcome> {
    const tokens = Object.fromEntries(values.map(({ name, value }) => [name, value]));
    const areTokens =
      'token' in tokens &&
      Object.keys(tokens).length === values.length &&
      values.every(({ name, value }) => isKavenegarToken(name, value));
    return areTokens
      ? client.lookup({ to, template, tokens })
      : Promise.resolve(rejected(['message', 'template-args'], null));
  }

  async function find(lost: LostMessage): Promise<FindOutcome> {
    const { message, triedAt } = lost;
    const isText = message.kind === 'text';
    const seconds = isText ? kavenegarLimits.localIdSeconds : kavenegarLimits.statusSeconds;
    if (now().getTime() - triedAt.getTime() >= seconds * 1_000) {
      return { found: 'unknown' };
    }
    return isText ? findText(message) : findTemplate({ ...lost, message });
  }

  /** By our number of it, which no other message has. */
  async function findText({ ref }: TextMessage): Promise<FindOutcome> {
    const answer = await client.statusByLocalId([ref]);
    return answer.outcome === 'answered' ? only(known(answer.value)) : { found: 'unknown' };
  }

  /**
   * Templates have no number of ours. What their number was sent since a minute before the attempt,
   * and is no other message of ours, is the lost one where it is alone. Of several the texts tell:
   * they are shown to addresses that the panel lists; for others it stays unknown.
   */
  async function findTemplate({
    message,
    triedAt,
    others = [],
  }: LostTemplate): Promise<FindOutcome> {
    const from = new Date(triedAt.getTime() - searchBackSeconds * 1_000);
    const answer = await client.statusByReceptor(message.to, { from });
    if (answer.outcome !== 'answered') {
      return { found: 'unknown' };
    }
    const left = known(answer.value).filter((one) => !others.includes(one.providerMessageId));
    if (left.length < 2) {
      return only(left);
    }
    const ids = left.map(({ providerMessageId }) => providerMessageId);
    const shown = await client.select(ids);
    const isWhole =
      shown.outcome === 'answered' &&
      ids.every((id) => shown.value.some((one) => one.providerMessageId === id && one.text !== ''));
    return isWhole
      ? only(shown.value.filter(({ text }) => canBe(message, text)))
      : { found: 'unknown' };
  }

  async function receive(line: string): Promise<InboundMessage[] | null> {
    const messages: InboundMessage[] = [];
    for (let poll = 0; poll < mostPolls; poll += 1) {
      const answer = await client.receive(line);
      if (answer.outcome !== 'answered') {
        // What came before counts as read with them: it would not come again.
        return poll === 0 ? null : messages;
      }
      messages.push(...answer.value);
      if (answer.value.length < kavenegarLimits.inbox) {
        break;
      }
    }
    return messages;
  }

  return {
    name: 'kavenegar',
    capabilities,
    send,
    find,
    async status(providerMessageIds) {
      const answer = await client.status(providerMessageIds);
      return answer.outcome === 'answered'
        ? answer.value.filter(({ providerMessageId }) => providerMessageId !== '').map(toDelivery)
        : null;
    },
    async credit() {
      const answer = await client.accountInfo();
      return answer.outcome === 'answered' ? answer.value.credit : null;
    },
    receive,
  };
}

function toDelivery({ providerMessageId, state, providerCode }: DeliveryReport): DeliveryReport {
  return { providerMessageId, state, providerCode };
}

function known(reports: readonly KavenegarReport[]): KavenegarReport[] {
  return reports.filter(({ providerCode }) => providerCode !== notKnown);
}

function only(reports: readonly KavenegarReport[]): FindOutcome {
  const [report] = reports;
  if (!report) {
    return { found: 'absent' };
  }
  return reports.length === 1 && report.providerMessageId !== ''
    ? { found: 'yes', providerMessageId: report.providerMessageId }
    : { found: 'unknown' };
}
