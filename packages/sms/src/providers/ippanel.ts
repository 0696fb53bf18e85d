import { senderOf } from '../mobile.ts';
import { field, idOf } from '../http.ts';
import type { Credit, DeliveryReport, SendOutcome } from '../outcome.ts';
import type { Capabilities, InboundMessage, ProviderMessage, SmsProvider } from '../provider.ts';
import { IpPanelClient, toE164, type IpPanelOptions } from './ippanel.client.ts';
import { recipientStates, sendingStates, sent } from './ippanel.codes.ts';
import { findSending, recipientsOf } from './ippanel.find.ts';
import { oneByOne } from './one-by-one.ts';
import { instantOf, textOf } from './rows.ts';

const capabilities: Capabilities = {
  text: true,
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
};

/**
 * IPPanel's Edge API (ippanelcom.github.io/Edge-Document). An accepted message is only stored: it is
 * reviewed, paid and checked afterwards, so a refusal may come as a state, with its reason. There is
 * no number of ours in it: a second try is a second SMS.
 */
export function createIpPanel(options: IpPanelOptions): SmsProvider {
  const client = new IpPanelClient(options);
  return {
    name: 'ippanel',
    capabilities,
    send: (message) => send(client, message),
    find: (lost) => findSending(client, lost),
    status: (ids) => oneByOne(ids, (id) => report(client, id)),
    credit: () => credit(client),
    receive: (line) => receive(client, line),
  };
}

/** Recipients stand inside `params` for a text and beside it for a template. */
function send(client: IpPanelClient, message: ProviderMessage): Promise<SendOutcome> {
  const recipients = [message.to];
  if (message.kind === 'text') {
    return client.send('webservice', { message: message.text, params: { recipients } });
  }
  const params = Object.fromEntries(message.values.map(({ name, value }) => [name, value]));
  return client.send('pattern', { code: message.template, recipients, params });
}

/** The state of the sending, and of its recipient when it went out. */
async function report(client: IpPanelClient, id: string): Promise<DeliveryReport | null> {
  const query = `messages_outbox_id=${encodeURIComponent(id)}`;
  const answer = await client.ask(`report/by_bulk?${query}`);
  if (answer?.http === 404) {
    return { providerMessageId: id, state: 'unknown', providerCode: '404' };
  }
  const code = idOf(field(answer?.data, 'state_id'));
  if (code === null || field(answer?.meta, 'status') !== true) {
    return null;
  }
  const base = { providerMessageId: id, providerCode: `state_id ${code}` };
  const sending = { ...base, ...(sendingStates[Number(code)] ?? { state: 'unknown' as const }) };
  if (Number(code) !== sent) {
    return sending;
  }
  const recipients = await recipientsOf(client, id);
  const status = idOf(field(recipients?.[0], 'message_status'));
  return status === null
    ? sending
    : {
        providerMessageId: id,
        state: recipientStates[Number(status)] ?? 'unknown',
        providerCode: `message_status ${status}`,
      };
}

/** Its unit is not documented. */
async function credit(client: IpPanelClient): Promise<Credit | null> {
  const answer = await client.ask('payment/credit/mine');
  const amount = idOf(field(answer?.data, 'credit'));
  return amount === null ? null : { amount, unit: 'credit' };
}

/** The newest hundred texts of all lines, read or not. Newest first by the provider's example. */
async function receive(client: IpPanelClient, line: string): Promise<InboundMessage[] | null> {
  const inbox = await client.rows('report/messages-inbox', { page: 1, per_page: 100 });
  const wanted = toE164(line);
  return (
    inbox?.rows
      .filter((row) => toE164(textOf(row, 'number')) === wanted)
      .map((row) => toInbound(row, line)) ?? null
  );
}

function toInbound(row: unknown, line: string): InboundMessage {
  return {
    providerMessageId: idOf(field(row, 'messages_inbox_id')),
    from: senderOf(textOf(row, 'from')),
    line,
    text: textOf(row, 'message'),
    receivedAt: instantOf(row, 'time'),
  };
}
