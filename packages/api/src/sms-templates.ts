import type { Language } from '@chapar/contract';
import type { ApiConfig } from './deps.ts';
import { noticeTemplates } from './features/account/index.ts';
import { codeTemplates } from './features/otp/index.ts';

/** Words with variables in braces, as `SmsGateway.draft` knows them by name. */
export interface SmsTemplate {
  name: string;
  texts: Record<Language, string>;
}

/** The product's own templates. Whoever makes an `SmsGateway` gives it these. */
export function smsTemplates({ productName, otp }: ApiConfig): readonly SmsTemplate[] {
  return [...codeTemplates(productName, otp.webDomain), ...noticeTemplates(productName)];
}
