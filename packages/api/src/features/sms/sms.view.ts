import type { SmsProviderView, SmsView } from '@chapar/contract';
import type { SmsAttempt, SmsClosed, SmsProviderFacts } from '../../deps.ts';
import type { SmsProviderRow } from './sms.provider.repository.ts';
import type { SmsRow } from './sms.repository.ts';
import { maskPhone } from './sms.rules.ts';

/** A message as staff see it. */
export function toSmsView(row: SmsRow): SmsView {
  return {
    id: row.id,
    phone: maskPhone(row.recipient),
    purpose: row.purpose,
    template: row.template,
    language: row.language,
    text: row.text,
    parts: row.parts,
    status: row.status,
    error: row.error,
    delivery: row.delivery,
    provider: row.provider,
    providerMessageId: row.provider_message_id,
    providerCode: row.provider_code,
    cost:
      row.cost_amount !== null && row.cost_unit !== null
        ? { amount: row.cost_amount, unit: row.cost_unit }
        : null,
    attempts: row.attempts as SmsAttempt[],
    sender: row.sender_id ?? row.service,
    createdAt: row.created_at,
    sentAt: row.sent_at,
    deliveryAt: row.delivery_at,
  };
}

/** A provider as staff see it: what is known of the account, and whether it is left out here. */
export function toSmsProviderView(
  { name }: SmsProviderFacts,
  row: SmsProviderRow | undefined,
  closed: SmsClosed | undefined,
): SmsProviderView {
  const { credit_amount: amount = null, credit_unit: unit = null } = row ?? {};
  return {
    name,
    credit: amount !== null && unit !== null ? { amount, unit } : null,
    creditAt: row?.credit_at ?? null,
    isCreditLow: row?.is_credit_low ?? false,
    closed: closed ? { reason: closed.reason, until: closed.until } : null,
  };
}
