import { accepted, type SendOutcome } from '../outcome.ts';
import { cannot, type ProviderMessage, type SmsProvider } from '../provider.ts';

export interface ConsoleOptions {
  print: (line: string) => void;
}

const capabilities = {
  text: true,
  template: true,
  idempotent: [],
  findable: [],
  status: false,
  statusBatch: 1,
  statusSeconds: 0,
  credit: false,
  inbound: 'none',
  longestText: 10_000,
  isExperimental: false,
} as const;

/**
 * The provider of development: takes every message and prints it on one line, number, text and
 * codes included. Nothing is sent. Not for a machine whose output is kept.
 */
export function createConsole({ print }: ConsoleOptions): SmsProvider {
  function send(message: ProviderMessage): Promise<SendOutcome> {
    print(`SMS to ${message.to}: ${onOneLine(contentOf(message))}`);
    return Promise.resolve(accepted(`console-${message.ref}`));
  }
  return { name: 'console', capabilities, send, ...cannot };
}

function contentOf(message: ProviderMessage): string {
  if (message.kind === 'text') {
    return message.text;
  }
  const values = message.values.map(({ name, value }) => `${name}=${value}`);
  return `${message.template} (${values.join(', ')})`;
}

function onOneLine(text: string): string {
  return text.replaceAll(/[\r\n\v\f\u0085\u2028\u2029]+/g, ' / ');
}
