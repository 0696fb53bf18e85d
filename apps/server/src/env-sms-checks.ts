import { creditFloor, type SmsProviderName } from './env-sms-fields.ts';
import type { Env } from './env-schema.ts';

/** What each provider cannot do without. */
const needs: Record<SmsProviderName, readonly (keyof Env)[]> = {
  console: [],
  webhook: ['SMS_WEBHOOK_URL', 'SMS_WEBHOOK_SECRET'],
  kavenegar: ['KAVENEGAR_API_KEY'],
  'meli-payamak': ['MELI_PAYAMAK_USERNAME', 'MELI_PAYAMAK_API_KEY', 'MELI_PAYAMAK_FROM'],
  'meli-payamak-console': ['MELI_PAYAMAK_CONSOLE_TOKEN', 'MELI_PAYAMAK_FROM'],
  'parsian-webco': ['PARSIAN_WEBCO_API_KEY'],
  'sms-ir': ['SMS_IR_API_KEY'],
  ghasedak: ['GHASEDAK_API_KEY', 'GHASEDAK_LINE'],
  ippanel: ['IPPANEL_API_KEY', 'IPPANEL_FROM'],
  'faraz-sms': ['FARAZ_SMS_API_KEY', 'FARAZ_SMS_LINE'],
  twilio: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'],
  'twilio-whatsapp': ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_WHATSAPP_FROM'],
};

const shortestKey = 8;
const fewestDifferent = 4;

/** What is wrong with the variables about SMS together. Every complaint begins with a name. */
export function complainOfSms(env: Env): string[] {
  const isProduction = env.NODE_ENV === 'production';
  const complaints = env.SMS_PROVIDERS.flatMap((provider) =>
    needs[provider].flatMap((name) => complainOfNeed(env, provider, name)),
  );
  if (isProduction && env.SMS_PROVIDERS.includes('console')) {
    complaints.push(
      'SMS_PROVIDERS: `console` prints login codes and is for development; choose another',
    );
  }
  return [...complaints, ...complainOfFloors(env)];
}

function complainOfNeed(env: Env, provider: SmsProviderName, name: keyof Env): string[] {
  const value = env[name];
  const isMissing = value === undefined || (Array.isArray(value) && value.length === 0);
  if (isMissing) {
    return [`${name}: missing; ${provider} in SMS_PROVIDERS needs it`];
  }
  const isKey = /_(?:KEY|TOKEN)$/.test(name);
  return isKey && env.NODE_ENV === 'production' && isPlaceholder(String(value))
    ? [`${name}: is an example or too simple; ${provider} needs the key of your account there`]
    : [];
}

function isPlaceholder(key: string): boolean {
  return (
    key.length < shortestKey ||
    new Set(key).size < fewestDifferent ||
    /change[-_ ]?(?:me|it)|example|placeholder|your[-_ ]|[<>]/i.test(key)
  );
}

function complainOfFloors(env: Env): string[] {
  const chosen: readonly string[] = env.SMS_PROVIDERS;
  return env.SMS_CREDIT_FLOORS.flatMap((entry) => {
    const [, name = ''] = creditFloor.exec(entry) ?? [];
    return chosen.includes(name) ? [] : [`SMS_CREDIT_FLOORS: ${name} is not among SMS_PROVIDERS`];
  });
}
