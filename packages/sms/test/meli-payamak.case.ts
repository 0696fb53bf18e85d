import { createMeliPayamak } from '../src/providers/meli-payamak.ts';
import type { ProviderMessage } from '../src/provider.ts';
import { FakeMeliPayamak } from '../src/testing/fake-meli-payamak.ts';
import type { ProviderCase } from './case.ts';

const from = '50002000000001';
const variables = ['1', '2'];

function by(template: string, to: string, ref: string): ProviderMessage {
  const values = [
    { name: '1', value: 'سارا' },
    { name: '2', value: '48213' },
  ];
  return { kind: 'template', to, ref, template, values };
}

export const meliPayamakCase: ProviderCase = {
  name: 'meli-payamak',
  start: (options) =>
    new FakeMeliPayamak({
      ...options,
      lines: [from],
      templates: [{ name: '123456', variables }],
    }).start(),
  create: (fake, { key = '00000000-1111-2222-3333-444444444444', ...more }) =>
    createMeliPayamak({ username: '09120000000', apiKey: key, from, url: fake.url, ...more }),
  template: (to, ref) => by('123456', to, ref),
  missingTemplate: (to, ref) => by('999999', to, ref),
  refusals: {
    bad: ['account', 'auth'],
    noCredit: ['account', 'no-credit'],
    ip: ['account', 'ip-not-allowed'],
    disabled: ['account', 'account-disabled'],
  },
  badNumber: ['recipient', 'bad-number'],
  hasIds: true,
};
