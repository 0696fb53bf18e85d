import { createSmsIr } from '../src/providers/sms-ir.ts';
import type { ProviderMessage } from '../src/provider.ts';
import { FakeSmsIr } from '../src/testing/fake-sms-ir.ts';
import type { ProviderCase } from './case.ts';

const values = [
  { name: 'NAME', value: 'سارا' },
  { name: 'CODE', value: '48213' },
];

function by(template: string, to: string, ref: string): ProviderMessage {
  return { kind: 'template', to, ref, template, values };
}

export const smsIrCase: ProviderCase = {
  name: 'sms-ir',
  start: (options) =>
    new FakeSmsIr({
      ...options,
      templates: [{ name: '200001', variables: ['NAME', 'CODE'] }],
    }).start(),
  create: (fake, { key = 'test-key-0001', ...more }) =>
    createSmsIr({ apiKey: key, line: '10008000', url: fake.url, ...more }),
  template: (to, ref) => by('200001', to, ref),
  missingTemplate: (to, ref) => by('200009', to, ref),
  refusals: {
    bad: ['account', 'auth'],
    noCredit: ['account', 'no-credit'],
    ip: ['account', 'ip-not-allowed'],
    disabled: ['account', 'account-disabled'],
  },
  badNumber: ['recipient', 'bad-number'],
  hasIds: true,
};
