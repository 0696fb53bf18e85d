import { createFarazSms } from '../src/providers/faraz-sms.ts';
import type { ProviderMessage } from '../src/provider.ts';
import { FakeFarazSms } from '../src/testing/fake-faraz-sms.ts';
import type { ProviderCase } from './case.ts';

const values = [
  { name: 'name', value: 'سارا' },
  { name: 'code', value: '48213' },
];

function by(template: string, to: string, ref: string): ProviderMessage {
  return { kind: 'template', to, ref, template, values };
}

export const farazSmsCase: ProviderCase = {
  name: 'faraz-sms',
  start: (options) =>
    new FakeFarazSms({
      ...options,
      templates: [{ name: 'Ab1Cd2Ef3G', variables: ['name', 'code'] }],
    }).start(),
  create: (fake, { key = 'test-key-0001', ...more }) =>
    createFarazSms({ apiKey: key, line: '10008000', url: fake.url, ...more }),
  template: (to, ref) => by('Ab1Cd2Ef3G', to, ref),
  missingTemplate: (to, ref) => by('XX9XxXxX9X', to, ref),
  // Lack of credit shows in the reports only.
  refusals: {
    bad: ['account', 'auth'],
    ip: ['account', 'auth'],
    disabled: ['account', 'auth'],
  },
  badNumber: ['recipient', 'bad-number'],
  hasIds: true,
};
