import type { Language, SmsView } from '@chapar/contract';
import type { SenderCall } from '../../call.ts';
import { transaction } from '../../database/transaction.ts';
import type { SmsContent } from '../../deps.ts';
import { AppError } from '../../errors.ts';
import { after, day } from '../../kernel/duration.ts';
import { requirePhone } from '../../kernel/phone.ts';
import { spendCustomSms } from './sms.budget.ts';
import { queueSms, type QueueFault } from './sms.outbox.ts';
import { findMessage, type SmsRow } from './sms.repository.ts';
import { toSmsView } from './sms.view.ts';

/** What is tried again for a day is old news afterwards. */
export const customLifeMs = day;

interface CustomSms {
  id: string;
  phone: string;
  text: string | undefined;
  template: string | undefined;
  values: Record<string, string> | undefined;
  language: Language | undefined;
}

/**
 * Sends words of one's own, or a template, to one number; once for each id. The product's own
 * templates, those of codes, are not to be had.
 *
 * @throws AppError `PHONE_INVALID`, `SMS_COUNTRY_OFF`, `SMS_TOO_LONG`, `SMS_TEMPLATE_UNKNOWN`,
 *   `SMS_VALUES_INVALID`, `SMS_BUDGET_SPENT`, `SMS_ID_TAKEN`
 */
export async function sendCustomSms(call: SenderCall, sms: CustomSms): Promise<SmsView> {
  const { app } = call;
  const phone = requirePhone(sms.phone, app.config.defaultCountry);
  if (phone.country === undefined || !app.config.smsCountries.includes(phone.country)) {
    throw new AppError('SMS_COUNTRY_OFF');
  }
  const content = readContent(call, sms);
  const draft = app.deps.sms.draft(content);
  if ('fault' in draft) {
    throw faultOf(call, sms.id, draft.fault);
  }
  const wanted = { to: phone.e164, content, text: draft.text };
  const stored = await findMessage(app.db, sms.id);
  if (stored) {
    return toSmsView(requireSame(call, stored, wanted));
  }
  await spendCustomSms(app, phone);
  const fault = await transaction(call, (tx) =>
    queueSms(call, tx.db, {
      id: sms.id,
      to: phone.e164,
      purpose: 'custom',
      content,
      expiresAt: after(call.now, customLifeMs),
      sender: call.sender,
    }),
  );
  if (fault !== null && fault !== 'id-taken') {
    throw faultOf(call, sms.id, fault);
  }
  const row = await findMessage(app.db, sms.id);
  if (!row) {
    throw faultOf(call, sms.id, 'id-taken');
  }
  return toSmsView(requireSame(call, row, wanted));
}

/** Names with a dot belong to the product. */
function readContent({ connection }: SenderCall, sms: CustomSms): SmsContent {
  if (sms.template === undefined) {
    return { kind: 'text', text: sms.text ?? '' };
  }
  if (isOwnTemplate(sms.template)) {
    throw new AppError('SMS_TEMPLATE_UNKNOWN');
  }
  const { template, values = {}, language = connection.language } = sms;
  return { kind: 'template', template, language, values };
}

function isOwnTemplate(name: string): boolean {
  return name.startsWith('otp.') || name.startsWith('notice.');
}

/** The message that is stored under this id. @throws AppError when it is another one */
function requireSame(
  call: SenderCall,
  row: SmsRow,
  { to, content, text }: { to: string; content: SmsContent; text: string },
): SmsRow {
  const { sender } = call;
  const isMine =
    'userId' in sender ? row.sender_id === sender.userId : row.service === sender.service;
  const isSame =
    row.recipient === to &&
    row.text === text &&
    row.template === (content.kind === 'template' ? content.template : null);
  if (!isMine || !isSame) {
    throw faultOf(call, row.id, 'id-taken');
  }
  return row;
}

function faultOf({ app }: SenderCall, id: string, fault: QueueFault): AppError {
  if (fault === 'too-long') {
    return new AppError('SMS_TOO_LONG', { data: { maxLength: app.config.sms.maxLength } });
  }
  if (fault === 'id-taken') {
    return new AppError('SMS_ID_TAKEN', { data: { id } });
  }
  return new AppError(fault === 'no-template' ? 'SMS_TEMPLATE_UNKNOWN' : 'SMS_VALUES_INVALID');
}
