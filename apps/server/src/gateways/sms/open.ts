import type { ApiConfig, Log, SmsGateway } from '@chapar/api';
import type { TemplateBook } from '@chapar/sms';
import type { SmsSettings } from '../../env-sms-config.ts';
import { ConsoleSmsProvider } from './console.ts';
import { createSmsGateway } from './gateway.ts';
import { createProvider } from './providers.ts';

interface Opening {
  sms: SmsSettings;
  api: ApiConfig;
  templates: TemplateBook;
  log: Log;
  print: (line: string) => void;
}

/** The gateway over the providers of the configuration; the console beside it when it is chosen. */
export function openSms({ sms, api, templates, log, print }: Opening): {
  gateway: SmsGateway;
  console: ConsoleSmsProvider | null;
} {
  const providers = sms.providers.map((settings) => createProvider(settings, print));
  const gateway = createSmsGateway({
    providers,
    templates,
    maxLength: api.sms.maxLength,
    onUnknownCode: sms.onUnknownCode,
    log,
  });
  const console = providers.find((provider) => provider instanceof ConsoleSmsProvider);
  return { gateway, console: console ?? null };
}
