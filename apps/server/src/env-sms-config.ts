import path from 'node:path';
import { defaultConfig, type ApiConfig } from '@chapar/api';
import type {
  FarazSmsOptions,
  GhasedakOptions,
  IpPanelOptions,
  KavenegarOptions,
  MeliPayamakConsoleOptions,
  MeliPayamakOptions,
  ParsianWebCoOptions,
  SmsIrOptions,
  TwilioOptions,
} from '@chapar/sms';
import { creditFloor, serviceKey, type SmsProviderName } from './env-sms-fields.ts';
import type { Env } from './env-schema.ts';

/** A provider that was chosen, with what it needs. */
export type SmsProviderSettings =
  | { name: 'console' }
  | { name: 'webhook'; urls: readonly string[]; secret: string }
  | ({ name: 'kavenegar' } & KavenegarOptions)
  | ({ name: 'meli-payamak' } & MeliPayamakOptions)
  | ({ name: 'meli-payamak-console' } & MeliPayamakConsoleOptions)
  | ({ name: 'parsian-webco' } & ParsianWebCoOptions)
  | ({ name: 'sms-ir' } & SmsIrOptions)
  | ({ name: 'ghasedak' } & GhasedakOptions)
  | ({ name: 'ippanel' } & IpPanelOptions)
  | ({ name: 'faraz-sms' } & FarazSmsOptions)
  | ({ name: 'twilio' | 'twilio-whatsapp'; authToken: string } & TwilioOptions);

/** How SMS are sent. */
export interface SmsSettings {
  /** In the order in which they are tried. */
  providers: readonly SmsProviderSettings[];
  /** Absolute; null when there is none. */
  templatesFile: string | null;
  onUnknownCode: 'failover' | 'stop';
  /** Part of the address at which providers tell what became of messages; null for no address. */
  callbackSecret: string | null;
}

export function toSmsSettings(env: Env): SmsSettings {
  const { SMS_TEMPLATES_FILE: file, SMS_CALLBACK_SECRET: callbackSecret } = env;
  return {
    providers: env.SMS_PROVIDERS.map((name) => settingsOf[name](env)),
    templatesFile: file === undefined ? null : path.resolve(file),
    onUnknownCode: env.SMS_ON_UNKNOWN_CODE,
    callbackSecret: callbackSecret ?? null,
  };
}

/** That each has what it needs was checked before. */
const settingsOf: Record<SmsProviderName, (env: Env) => SmsProviderSettings> = {
  console: () => ({ name: 'console' }),
  webhook: ({ SMS_WEBHOOK_URL: urls, SMS_WEBHOOK_SECRET: secret = '' }) => ({
    name: 'webhook',
    urls,
    secret,
  }),
  kavenegar: ({ KAVENEGAR_API_KEY: apiKey = '', KAVENEGAR_SENDER: sender, ...env }) => ({
    name: 'kavenegar',
    apiKey,
    ...(sender === undefined ? {} : { sender }),
    ...at(env.KAVENEGAR_URL),
  }),
  'meli-payamak': ({ MELI_PAYAMAK_USERNAME: username = '', ...env }) => ({
    name: 'meli-payamak',
    username,
    apiKey: env.MELI_PAYAMAK_API_KEY ?? '',
    from: env.MELI_PAYAMAK_FROM ?? '',
    ...at(env.MELI_PAYAMAK_URL),
  }),
  'meli-payamak-console': ({ MELI_PAYAMAK_CONSOLE_TOKEN: token = '', ...env }) => ({
    name: 'meli-payamak-console',
    token,
    from: env.MELI_PAYAMAK_FROM ?? '',
    ...at(env.MELI_PAYAMAK_CONSOLE_URL),
  }),
  'parsian-webco': ({ PARSIAN_WEBCO_API_KEY: token = '', PARSIAN_WEBCO_URL: url }) => ({
    name: 'parsian-webco',
    token,
    ...at(url),
  }),
  'sms-ir': ({ SMS_IR_API_KEY: apiKey = '', SMS_IR_LINE: line, SMS_IR_URL: url }) => ({
    name: 'sms-ir',
    apiKey,
    ...(line === undefined ? {} : { line }),
    ...at(url),
  }),
  ghasedak: ({ GHASEDAK_API_KEY: apiKey = '', GHASEDAK_LINE: line = '', GHASEDAK_URL: url }) => ({
    name: 'ghasedak',
    apiKey,
    line,
    ...at(url),
  }),
  ippanel: ({ IPPANEL_API_KEY: apiKey = '', IPPANEL_FROM: line = '', IPPANEL_URL: url }) => ({
    name: 'ippanel',
    apiKey,
    line,
    ...at(url),
  }),
  'faraz-sms': ({ FARAZ_SMS_API_KEY: apiKey = '', FARAZ_SMS_LINE: line = '', ...env }) => ({
    name: 'faraz-sms',
    apiKey,
    line,
    ...at(env.FARAZ_SMS_URL),
  }),
  twilio: ({ TWILIO_FROM: from = '', ...env }) => ({
    name: 'twilio',
    ...accountOf(env),
    ...(/^MG[0-9a-f]{32}$/i.test(from) ? { messagingServiceSid: from } : { from }),
  }),
  'twilio-whatsapp': ({ TWILIO_WHATSAPP_FROM: from = '', ...env }) => ({
    name: 'twilio-whatsapp',
    channel: 'whatsapp',
    ...accountOf(env),
    from,
  }),
};

/** SMS and WhatsApp share the account, and where it is. */
function accountOf(env: Pick<Env, 'TWILIO_ACCOUNT_SID' | 'TWILIO_AUTH_TOKEN' | 'TWILIO_URL'>): {
  accountSid: string;
  authToken: string;
  url?: string;
} {
  const { TWILIO_ACCOUNT_SID: accountSid = '', TWILIO_AUTH_TOKEN: authToken = '' } = env;
  return { accountSid, authToken, ...at(env.TWILIO_URL) };
}

const at = (url: string | undefined): { url?: string } => (url === undefined ? {} : { url });

/** What the product itself has to know of SMS. */
export function toSmsConfig(env: Env): Pick<ApiConfig, 'sms' | 'smsBudget' | 'smsCountries'> {
  return {
    smsCountries: env.SMS_COUNTRIES,
    smsBudget: {
      ...defaultConfig.smsBudget,
      perMinute: env.SMS_PER_MINUTE,
      perDay: env.SMS_PER_DAY,
      perCountryPerHour: env.SMS_PER_COUNTRY_PER_HOUR,
      perBlockPer10Minutes: env.SMS_PER_BLOCK_PER_10_MINUTES,
      unusedPerSource: env.SMS_UNUSED_PER_SOURCE,
    },
    sms: {
      maxLength: env.SMS_MAX_LENGTH,
      logDays: env.SMS_LOG_DAYS,
      creditFloors: new Map(env.SMS_CREDIT_FLOORS.map(readFloor)),
      customPerNumberPerHour: env.SMS_PER_NUMBER_PER_HOUR,
    },
  };
}

function readFloor(entry: string): [string, number] {
  const [, name = '', least] = creditFloor.exec(entry) ?? [];
  return [name, Number(least)];
}

/** Names of services with the SHA-256 of their keys. */
export function readServices(entries: readonly string[]): ReadonlyMap<string, Buffer> {
  return new Map(
    entries.map((entry): [string, Buffer] => {
      const [, name = '', hash = ''] = serviceKey.exec(entry) ?? [];
      return [name, Buffer.from(hash, 'hex')];
    }),
  );
}
