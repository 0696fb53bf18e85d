import type { ProviderMessage } from '../src/provider.ts';
import { createKavenegar } from '../src/providers/kavenegar.ts';
import { FakeKavenegar } from '../src/testing/fake-kavenegar.ts';
import type { ProviderCase } from './case.ts';

function message(template: string, to: string, ref: string): ProviderMessage {
  const values = [
    { name: 'token', value: '48213' },
    { name: 'token20', value: 'سارا کریمی' },
  ];
  return { kind: 'template', template, to, ref, values };
}

export const kavenegarCase: ProviderCase = {
  name: 'kavenegar',
  start: ({ clock, lateMs }) =>
    new FakeKavenegar({
      clock,
      lateMs,
      templates: [{ name: 'login-otp', variables: ['token', 'token20'] }],
    }).start(),
  create: (fake, { key = 'KVTESTKEY0001', timeouts = {} }) =>
    createKavenegar({
      apiKey: key,
      sender: '10008000',
      url: fake.url,
      timeouts,
      now: () => fake.clock.now(),
    }),
  template: (to, ref) => message('login-otp', to, ref),
  missingTemplate: (to, ref) => message('nope', to, ref),
  refusals: {
    bad: ['account', 'auth'],
    noCredit: ['account', 'no-credit'],
    ip: ['account', 'ip-not-allowed'],
    disabled: ['account', 'account-disabled'],
  },
  badNumber: ['recipient', 'bad-number'],
  hasIds: true,
};
