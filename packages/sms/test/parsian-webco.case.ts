import { createParsianWebCo } from '../src/providers/parsian-webco.ts';
import type { ProviderMessage } from '../src/provider.ts';
import { FakeParsianWebCo, parsianWebCoStates } from '../src/testing/fake-parsian-webco.ts';
import type { ProviderCase } from './case.ts';

const variables = ['1', '2'];

function by(template: string, to: string, ref: string): ProviderMessage {
  const values = [
    { name: '1', value: 'سارا' },
    { name: '2', value: '48213' },
  ];
  return { kind: 'template', to, ref, template, values };
}

/** It gives no reason for what it refuses, so only a wrong token has a word. */
export const parsianWebCoCase: ProviderCase = {
  name: 'parsian-webco',
  start: (options) =>
    new FakeParsianWebCo({ ...options, templates: [{ name: '2', variables }] }).start(),
  create: (fake, { key = 'test-token-0001.12345678', ...more }) =>
    createParsianWebCo({
      token: key,
      url: fake.url,
      fields: { stateNames: parsianWebCoStates },
      ...more,
    }),
  template: (to, ref) => by('2', to, ref),
  missingTemplate: (to, ref) => by('9', to, ref),
  refusals: { bad: ['account', 'auth'] },
  templateMissing: ['provider', 'unexpected'],
  badNumber: ['provider', 'unexpected'],
  hasIds: true,
};
