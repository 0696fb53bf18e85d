import type { Log, SmsContent, SmsDraft, SmsFault, SmsGateway } from '@chapar/api';
import {
  countParts,
  SmsRouter,
  TemplateError,
  type RouterOptions,
  type SmsProvider,
  type TemplateBook,
} from '@chapar/sms';
import { fitCost, fitReports, fitResult } from './answers.ts';

export interface SmsGatewayOptions extends Pick<
  RouterOptions,
  'onUnknownCode' | 'clock' | 'findAfterMs' | 'breaker'
> {
  /** In the order in which they are tried. */
  providers: readonly SmsProvider[];
  templates: TemplateBook;
  /** Most characters of a text with its values. */
  maxLength: number;
  /** Hears of providers that are left out for a while. */
  log: Pick<Log, 'warn'>;
}

/** The product's way to SMS: one router over the providers that were chosen. */
export function createSmsGateway(options: SmsGatewayOptions): SmsGateway {
  const { providers, templates, maxLength, log, ...routing } = options;
  const router = new SmsRouter({
    ...routing,
    providers,
    templates,
    onAlert: ({ provider, template, circuit: { reason, until } }) =>
      log.warn({ provider, template, reason, until }, 'sms provider left out for now'),
  });
  const named = (name: string): SmsProvider | undefined =>
    providers.find((provider) => provider.name === name);
  return {
    providers: providers.map(({ name, capabilities }) => ({
      name,
      statusSeconds: capabilities.status ? capabilities.statusSeconds : 0,
      statusBatch: capabilities.statusBatch,
      hasCredit: capabilities.credit,
    })),
    draft: (content) => draft(content, templates, maxLength),
    send: async (message, trying) => fitResult(await router.send(message, trying)),
    resume: async (message, lost, trying) => fitResult(await router.resume(message, lost, trying)),
    async status(name, ids) {
      const provider = named(name);
      const reports = provider?.capabilities.status ? await provider.status(ids) : null;
      return reports && fitReports(reports);
    },
    async credit(name) {
      const provider = named(name);
      return provider?.capabilities.credit ? fitCost(await provider.credit()) : null;
    },
    closed: () =>
      router.closed().map(({ key, circuit: { reason, until } }) => {
        const [, provider = key, template = null] = /^([^/]+)\/(.*)$/s.exec(key) ?? [];
        return { provider, template, reason, until };
      }),
  };
}

function draft(
  content: SmsContent,
  templates: TemplateBook,
  maxLength: number,
): SmsDraft | { fault: SmsFault } {
  try {
    const text =
      content.kind === 'text'
        ? content.text
        : templates.render(content.template, content.language, content.values);
    return Array.from(text).length > maxLength
      ? { fault: 'too-long' }
      : { text, parts: countParts(text).parts };
  } catch (error) {
    if (error instanceof TemplateError && error.reason !== 'bad-templates') {
      return { fault: error.reason };
    }
    throw error;
  }
}
