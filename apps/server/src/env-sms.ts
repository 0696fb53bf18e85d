import { defaultConfig } from '@chapar/api';
import { z } from 'zod';
import { country, list, whole } from './env-fields.ts';
import {
  apiKey,
  callbackSecret,
  creditFloors,
  providerUrl,
  serviceKeys,
  smsLine,
  smsProviders,
  twilioNumber,
  twilioSender,
} from './env-sms-fields.ts';

const mostTexts = 10_000_000;
const { sms, smsBudget } = defaultConfig;

/** The variables about SMS: who sends them, what they say and what they may cost. */
export const smsEnv = {
  SMS_PROVIDERS: smsProviders,
  SMS_WEBHOOK_URL: list.pipe(z.array(z.url({ protocol: /^https?$/ })).max(5)),
  SMS_WEBHOOK_SECRET: z.string().optional(),
  KAVENEGAR_API_KEY: apiKey.optional(),
  KAVENEGAR_SENDER: smsLine.optional(),
  KAVENEGAR_URL: providerUrl.optional(),
  MELI_PAYAMAK_USERNAME: z.string().optional(),
  MELI_PAYAMAK_API_KEY: apiKey.optional(),
  MELI_PAYAMAK_FROM: smsLine.optional(),
  MELI_PAYAMAK_URL: providerUrl.optional(),
  MELI_PAYAMAK_CONSOLE_TOKEN: apiKey.optional(),
  MELI_PAYAMAK_CONSOLE_URL: providerUrl.optional(),
  PARSIAN_WEBCO_API_KEY: apiKey.optional(),
  PARSIAN_WEBCO_URL: providerUrl.optional(),
  SMS_IR_API_KEY: apiKey.optional(),
  SMS_IR_LINE: smsLine.optional(),
  SMS_IR_URL: providerUrl.optional(),
  GHASEDAK_API_KEY: apiKey.optional(),
  GHASEDAK_LINE: smsLine.optional(),
  GHASEDAK_URL: providerUrl.optional(),
  IPPANEL_API_KEY: apiKey.optional(),
  IPPANEL_FROM: smsLine.optional(),
  IPPANEL_URL: providerUrl.optional(),
  FARAZ_SMS_API_KEY: apiKey.optional(),
  FARAZ_SMS_LINE: smsLine.optional(),
  FARAZ_SMS_URL: providerUrl.optional(),
  TWILIO_ACCOUNT_SID: apiKey.optional(),
  TWILIO_AUTH_TOKEN: apiKey.optional(),
  TWILIO_FROM: twilioSender.optional(),
  TWILIO_WHATSAPP_FROM: twilioNumber.optional(),
  TWILIO_URL: providerUrl.optional(),
  SMS_TEMPLATES_FILE: z.string().optional(),
  SMS_MAX_LENGTH: whole(sms.maxLength, 1, 900),
  SMS_ON_UNKNOWN_CODE: z.enum(['failover', 'stop']).default('failover'),
  SMS_CALLBACK_SECRET: callbackSecret.optional(),
  SMS_CREDIT_FLOORS: creditFloors,
  SMS_LOG_DAYS: whole(sms.logDays, 1, 3_650),
  SMS_PER_NUMBER_PER_HOUR: whole(sms.customPerNumberPerHour, 1, 1_000),
  SERVICE_KEYS: serviceKeys,
  SMS_COUNTRIES: z
    .string()
    .default('IR')
    .transform((text) => text.split(',').map((code) => code.trim()))
    .pipe(z.array(country)),
  SMS_PER_MINUTE: whole(smsBudget.perMinute, 1, mostTexts),
  SMS_PER_DAY: whole(smsBudget.perDay, 1, mostTexts),
  SMS_PER_COUNTRY_PER_HOUR: whole(smsBudget.perCountryPerHour, 1, mostTexts),
  SMS_PER_BLOCK_PER_10_MINUTES: whole(smsBudget.perBlockPer10Minutes, 1, 1_000),
  SMS_UNUSED_PER_SOURCE: whole(smsBudget.unusedPerSource, 1, 10_000),
};
