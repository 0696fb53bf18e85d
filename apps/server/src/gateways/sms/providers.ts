import {
  createFarazSms,
  createGhasedak,
  createIpPanel,
  createKavenegar,
  createMeliPayamak,
  createMeliPayamakConsole,
  createParsianWebCo,
  createSmsIr,
  createTwilio,
  type SmsProvider,
} from '@chapar/sms';
import type { SmsProviderSettings } from '../../env-sms-config.ts';
import { ConsoleSmsProvider } from './console.ts';
import { createWebhookSms } from './webhook.ts';

/** @param print where the console's texts go */
export function createProvider(
  settings: SmsProviderSettings,
  print: (line: string) => void,
): SmsProvider {
  switch (settings.name) {
    case 'console':
      return new ConsoleSmsProvider(print);
    case 'webhook':
      return createWebhookSms(settings);
    case 'kavenegar':
      return createKavenegar(settings);
    case 'meli-payamak':
      return createMeliPayamak(settings);
    case 'meli-payamak-console':
      return createMeliPayamakConsole(settings);
    case 'parsian-webco':
      return createParsianWebCo(settings);
    case 'sms-ir':
      return createSmsIr(settings);
    case 'ghasedak':
      return createGhasedak(settings);
    case 'ippanel':
      return createIpPanel(settings);
    case 'faraz-sms':
      return createFarazSms(settings);
    case 'twilio':
    case 'twilio-whatsapp':
      return createTwilio(settings);
  }
}
