import { senderOf } from '../mobile.ts';
import { idOf, readJson } from '../http.ts';
import type { DeliveryReport } from '../outcome.ts';
import type { InboundMessage } from '../provider.ts';
import { dateOf, messageIdOf } from './kavenegar.answers.ts';
import { kavenegarStates } from './kavenegar.codes.ts';

/** A query, a form or a body of JSON: as text, or as a framework has read it. */
export type KavenegarPush = string | URLSearchParams | Readonly<Record<string, unknown>>;

/**
 * A message's state that was pushed to an address of ours; null for anything else. The names are
 * seen in other clients, not documented. Pushes are not signed: keep a secret in the address, and
 * ask for the state before believing it.
 */
export function readKavenegarDelivery(push: KavenegarPush): DeliveryReport | null {
  const fields = fieldsOf(push);
  const providerMessageId = messageIdOf(fields.get('messageid'));
  const code = fields.get('status') ?? '';
  return providerMessageId === null || !/^\d{1,3}$/.test(code)
    ? null
    : {
        providerMessageId,
        state: kavenegarStates[Number(code)] ?? 'unknown',
        providerCode: String(Number(code)),
      };
}

/** A text to one of our lines that was pushed; null for anything else. See above for the names. */
export function readKavenegarInbound(push: KavenegarPush): InboundMessage | null {
  const fields = fieldsOf(push);
  const from = senderOf(fields.get('from') ?? fields.get('sender') ?? null);
  const line = fields.get('to') ?? fields.get('receptor') ?? '';
  const text = fields.get('message') ?? fields.get('text');
  return from === '' || line === '' || text === undefined || fields.has('status')
    ? null
    : {
        providerMessageId: messageIdOf(fields.get('messageid')),
        from,
        line,
        text,
        receivedAt: dateOf(fields.get('date')),
      };
}

/** Fields by their names in small letters; of a name that comes twice, the first. */
function fieldsOf(push: KavenegarPush): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of entriesOf(push)) {
    const first: unknown = Array.isArray(value) ? (value as unknown[])[0] : value;
    const text = first === '' ? '' : idOf(first);
    if (text !== null && !fields.has(name.toLowerCase())) {
      fields.set(name.toLowerCase(), text);
    }
  }
  return fields;
}

function entriesOf(push: unknown): Iterable<[string, unknown]> {
  if (push instanceof URLSearchParams) {
    return push;
  }
  if (typeof push === 'string') {
    return push.trimStart().startsWith('{')
      ? entriesOf(readJson(push))
      : new URLSearchParams(push.trim());
  }
  return typeof push === 'object' && push !== null && !Array.isArray(push)
    ? Object.entries(push)
    : [];
}
