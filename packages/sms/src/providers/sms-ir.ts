import { field, idOf } from '../http.ts';
import { normalizeMobile, senderOf } from '../mobile.ts';
import { unknown, type Credit, type DeliveryReport, type SendOutcome } from '../outcome.ts';
import type {
  Capabilities,
  FindOutcome,
  InboundMessage,
  LostMessage,
  ProviderMessage,
  SmsProvider,
} from '../provider.ts';
import { canBe, searchBackSeconds } from './lost-text.ts';
import { oneByOne } from './one-by-one.ts';
import { instantOf, textOf } from './rows.ts';
import { SmsIrClient, type SmsIrOptions } from './sms-ir.client.ts';
import { noSuchMessage, states } from './sms-ir.codes.ts';

/** Most rows of a page (sms.ir/rest-api), and pages that a search reads. */
const pages = { size: 100, most: 10 };

const capabilities = {
  template: true,
  idempotent: [],
  findable: ['text', 'template'],
  status: true,
  statusBatch: 1,
  // Neither is documented; our assumption: no state changes after two days, and ten Persian parts.
  statusSeconds: 48 * 3_600,
  longestText: 670,
  credit: true,
  inbound: 'poll',
  isExperimental: false,
} as const satisfies Omit<Capabilities, 'text'>;

/**
 * SMS.ir's REST API (sms.ir/rest-api). Templates go by `send/verify` on a service line of the
 * provider, texts by `send/bulk` on ours. Neither takes a number of ours: a second try is a second
 * SMS.
 */
export function createSmsIr(options: SmsIrOptions): SmsProvider {
  const client = new SmsIrClient(options);

  async function send(message: ProviderMessage): Promise<SendOutcome> {
    if (message.kind === 'template') {
      return client.sendTemplate(message);
    }
    const [outcome] = await client.sendBulk(message.text, [message.to]);
    return outcome ?? unknown('bad-body');
  }

  return {
    name: 'sms-ir',
    capabilities: { ...capabilities, text: options.line !== undefined },
    send,
    find: (lost) => find(client, lost),
    status: (ids) => oneByOne(ids, (id) => report(client, id)),
    credit: () => credit(client),
    receive: (line) => receive(client, line),
  };
}

/**
 * Looks through the day's sent messages, then through the older ones, because the day may have
 * ended in between. That a message stands there as soon as it is taken is our assumption; neither
 * list is documented to be filtered by number, so the filter is ours too.
 */
async function find(client: SmsIrClient, lost: LostMessage): Promise<FindOutcome> {
  const since = Math.floor(lost.triedAt.getTime() / 1_000) - searchBackSeconds;
  const today = await search(client, 'send/live?', { lost, since });
  return today.found === 'absent'
    ? search(client, `send/archive?fromDate=${since}&`, { lost, since })
    : today;
}

/** @param list path and query up to the page */
async function search(
  client: SmsIrClient,
  list: string,
  { lost, since }: { lost: LostMessage; since: number },
): Promise<FindOutcome> {
  const { message } = lost;
  let isOtherThere = false;
  for (let page = 1; page <= pages.most; page += 1) {
    const rows = await client.data(`${list}pageNumber=${page}&pageSize=${pages.size}`);
    if (!Array.isArray(rows)) {
      return { found: 'unknown' };
    }
    const near = (rows as unknown[]).filter((row) => {
      const at = instantOf(row, 'sendDateTime');
      const isTheirs = normalizeMobile(textOf(row, 'mobile')) === message.to;
      return isTheirs && (at === null || at.getTime() >= since * 1_000);
    });
    const match = near.findLast((row) => canBe(message, textOf(row, 'messageText')));
    const id = idOf(field(match, 'messageId'));
    if (id !== null) {
      return { found: 'yes', providerMessageId: id };
    }
    isOtherThere ||= near.length > 0;
    if (rows.length < pages.size) {
      // Another text to the number may still be ours, changed on the way.
      return { found: isOtherThere ? 'unknown' : 'absent' };
    }
  }
  return { found: 'unknown' };
}

async function report(client: SmsIrClient, id: string): Promise<DeliveryReport | null> {
  const reply = await client.ask(`send/${encodeURIComponent(id)}`);
  if (reply?.code === noSuchMessage) {
    return { providerMessageId: id, state: 'unknown', providerCode: String(noSuchMessage) };
  }
  const { data } = reply?.code === 1 ? reply : { data: null };
  if (typeof data !== 'object' || data === null) {
    return null;
  }
  const code = idOf(field(data, 'deliveryState'));
  // There is none before the carrier has answered.
  const state = code === null ? 'queued' : (states[Number(code)] ?? 'unknown');
  return { providerMessageId: id, state, providerCode: code };
}

async function credit(client: SmsIrClient): Promise<Credit | null> {
  const amount = idOf(await client.data('credit'));
  return amount === null ? null : { amount, unit: 'credit' };
}

/**
 * The newest texts of the day (in its first hours of yesterday too), read and unread: the other
 * call, `receive/latest`, gives every text once only, whatever becomes of the answer, and those of
 * other lines with it. Texts have no id here.
 */
async function receive(client: SmsIrClient, line: string): Promise<InboundMessage[] | null> {
  const rows = await client.data(
    `receive/live?pageNumber=1&pageSize=${pages.size}&sortByNewest=true`,
  );
  return Array.isArray(rows)
    ? (rows as unknown[]).filter((row) => textOf(row, 'number') === line).map(toInbound)
    : null;
}

function toInbound(row: unknown): InboundMessage {
  const from = senderOf(textOf(row, 'mobile'));
  return {
    providerMessageId: idOf(field(row, 'receiveReturnId')),
    from,
    line: textOf(row, 'number'),
    text: textOf(row, 'messageText'),
    receivedAt: instantOf(row, 'receivedDateTime'),
  };
}
