import { createTwilio } from '../src/providers/twilio.ts';
import type { ProviderMessage } from '../src/provider.ts';
import { FakeTwilio } from '../src/testing/fake-twilio.ts';
import type { ProviderCase } from './case.ts';

const accountSid = `AC${'0a'.repeat(16)}`;
const from = '+15005550006';
const template = `HX${'1b'.repeat(16)}`;
const missing = `HX${'2c'.repeat(16)}`;

function by(contentSid: string, to: string, ref: string): ProviderMessage {
  const values = [
    { name: '1', value: 'سارا' },
    { name: '2', value: '48213' },
  ];
  return { kind: 'template', to, ref, template: contentSid, values };
}

function caseOf(channel: 'sms' | 'whatsapp', name: string): ProviderCase {
  return {
    name,
    start: (options) =>
      new FakeTwilio({
        ...options,
        isWindowOpen: true,
        templates: [{ name: template, variables: ['1', '2'] }],
      }).start(),
    create: (fake, { key = 'test-token-0001', ...more }) =>
      createTwilio({ accountSid, authToken: key, from, channel, url: fake.url, ...more }),
    template: (to, ref) => by(template, to, ref),
    missingTemplate: (to, ref) => by(missing, to, ref),
    // A suspended account, for want of credit too, answers as wrong credentials do.
    refusals: {
      bad: ['account', 'auth'],
      disabled: ['account', 'auth'],
      noCredit: ['account', 'auth'],
    },
    badNumber: ['recipient', 'bad-number'],
    hasIds: true,
  };
}

export const twilioCase = caseOf('sms', 'twilio');
export const twilioWhatsAppCase = caseOf('whatsapp', 'twilio-whatsapp');
