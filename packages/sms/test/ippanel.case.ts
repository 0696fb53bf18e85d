import { createIpPanel } from '../src/providers/ippanel.ts';
import type { ProviderMessage } from '../src/provider.ts';
import { FakeIpPanel } from '../src/testing/fake-ippanel.ts';
import type { ProviderCase } from './case.ts';

const values = [
  { name: 'name', value: 'سارا' },
  { name: 'code', value: '48213' },
];

function by(template: string, to: string, ref: string): ProviderMessage {
  return { kind: 'template', to, ref, template, values };
}

export const ipPanelCase: ProviderCase = {
  name: 'ippanel',
  start: (options) =>
    new FakeIpPanel({
      ...options,
      templates: [{ name: 'otp0a1b2c3d4e5f', variables: ['name', 'code'] }],
    }).start(),
  create: (fake, { key = 'test-key-0001', ...more }) =>
    createIpPanel({ apiKey: key, line: '+9810008000', url: fake.url, ...more }),
  template: (to, ref) => by('otp0a1b2c3d4e5f', to, ref),
  missingTemplate: (to, ref) => by('otp9z9z9z9z9z9z', to, ref),
  // Lack of credit shows in the reports only.
  refusals: {
    bad: ['account', 'auth'],
    ip: ['account', 'auth'],
    disabled: ['account', 'auth'],
  },
  badNumber: ['recipient', 'bad-number'],
  hasIds: true,
};
