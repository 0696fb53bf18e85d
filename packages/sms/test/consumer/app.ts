// An app that has nothing but the published package. Compiled, never run.
import {
  createConsole,
  createKavenegar,
  createMeliPayamak,
  normalizeMobile,
  SmsRouter,
  TemplateBook,
  type FindOutcome,
  type SendOutcome,
  type SmsProvider,
} from '@chapar/sms';

const templates = new TemplateBook([
  {
    name: 'otp',
    texts: { fa: 'کد: {code}', en: 'Code: {code}' },
    providers: {
      kavenegar: { fa: { template: 'otp', slots: [{ variable: 'code', name: 'token' }] } },
    },
  },
]);

const kavenegar = createKavenegar({ apiKey: 'key' });
// @ts-expect-error an account has a key
createKavenegar({});

/** A provider of the app's own. */
export const own: SmsProvider = {
  name: 'own',
  capabilities: kavenegar.capabilities,
  send: () => Promise.resolve({ outcome: 'accepted', providerMessageId: null }),
  find: (): Promise<FindOutcome> => Promise.resolve({ found: 'unknown' }),
  status: () => Promise.resolve(null),
  credit: () => Promise.resolve(null),
  receive: () => Promise.resolve(null),
};

const router = new SmsRouter({
  providers: [
    kavenegar,
    createMeliPayamak({ username: 'a', apiKey: 'key', from: '5000' }),
    own,
    createConsole({ print: () => undefined }),
  ],
  templates,
});

export async function sendCode(typed: string, code: string): Promise<string> {
  const to = normalizeMobile(typed);
  if (to === null) {
    return 'no mobile number';
  }
  const { outcome } = await router.send({
    kind: 'template',
    to,
    ref: '1',
    isCode: true,
    template: 'otp',
    language: 'fa',
    values: { code },
  });
  return explain(outcome);
}

function explain(outcome: SendOutcome): string {
  switch (outcome.outcome) {
    case 'accepted':
      return outcome.cost?.amount ?? 'accepted';
    case 'rejected':
      // @ts-expect-error only a lost answer has a reason
      void outcome.reason;
      return outcome.scope;
    case 'unknown':
      return outcome.reason;
    default:
      return outcome satisfies never;
  }
}
