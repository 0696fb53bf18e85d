import { createGhasedak } from '../src/providers/ghasedak.ts';
import type { ProviderMessage } from '../src/provider.ts';
import { FakeGhasedak } from '../src/testing/fake-ghasedak.ts';
import type { ProviderCase } from './case.ts';

const line = '30005088';
const variables = ['Name', 'Code'];

function by(template: string, to: string, ref: string): ProviderMessage {
  const values = [
    { name: 'Name', value: 'سارا' },
    { name: 'Code', value: '48213' },
  ];
  return { kind: 'template', to, ref, template, values };
}

export const ghasedakCase: ProviderCase = {
  name: 'ghasedak',
  start: (options) =>
    new FakeGhasedak({
      ...options,
      lines: [line],
      templates: [{ name: 'newOtp', variables }],
    }).start(),
  create: (fake, { key = 'GHTESTKEY0001', ...more }) =>
    createGhasedak({ apiKey: key, line, url: fake.url, ...more }),
  template: (to, ref) => by('newOtp', to, ref),
  missingTemplate: (to, ref) => by('nope', to, ref),
  refusals: {
    bad: ['account', 'auth'],
    noCredit: ['account', 'no-credit'],
    ip: ['account', 'ip-not-allowed'],
    disabled: ['account', 'auth'],
  },
  badNumber: ['message', 'bad-request'],
  hasIds: true,
};
