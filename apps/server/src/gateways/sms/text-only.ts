import type { Capabilities, SmsProvider } from '@chapar/sms';

const capabilities: Capabilities = {
  text: true,
  template: false,
  idempotent: [],
  findable: [],
  status: false,
  statusBatch: 1,
  statusSeconds: 0,
  credit: false,
  inbound: 'none',
  longestText: 10_000,
  isExperimental: false,
};

/** A provider that takes texts and can be asked nothing. */
export const textOnly: Omit<SmsProvider, 'name' | 'send'> = {
  capabilities,
  find: () => Promise.resolve({ found: 'unknown' }),
  status: () => Promise.resolve(null),
  credit: () => Promise.resolve(null),
  receive: () => Promise.resolve(null),
};

/** The words of a message. @throws Error for a template, which its capabilities exclude */
export function textOf(message: Parameters<SmsProvider['send']>[0]): string {
  if (message.kind !== 'text') {
    throw new Error('a template was handed to a provider of texts');
  }
  return message.text;
}
