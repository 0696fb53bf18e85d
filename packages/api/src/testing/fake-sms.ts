import type {
  SmsClosed,
  SmsContent,
  SmsCost,
  SmsDraft,
  SmsFault,
  SmsGateway,
  SmsMessage,
  SmsOutcome,
  SmsProviderFacts,
  SmsReport,
  SmsResult,
  SmsStopped,
  SmsTrying,
} from '../deps.ts';
import type { SmsTemplate } from '../sms-templates.ts';

interface SentSms {
  to: string;
  text: string;
  ref: string;
  isCode: boolean;
}

const longest = 290;
const variable = /\{([a-zA-Z]+)\}/g;

/** An SMS gateway that remembers, and answers as the test says. */
export class FakeSms implements SmsGateway {
  readonly sent: SentSms[] = [];
  /** What the next calls answer; accepted when empty. An error is thrown once it was asked. */
  readonly answers: (SmsOutcome | Error)[] = [];
  /** References of messages that were asked for after their sender had stopped. */
  readonly resumed: string[] = [];
  /** What the provider says of messages, by its id. */
  readonly states = new Map<string, SmsReport['state']>();
  /** Ids that it was asked after, question by question. */
  readonly asked: string[][] = [];
  closedNow: SmsClosed[] = [];
  creditNow: SmsCost | null = { amount: '1000', unit: 'IRR' };
  readonly providers: SmsProviderFacts[] = [
    { name: 'fake', statusSeconds: 48 * 3_600, statusBatch: 3, hasCredit: true },
  ];
  readonly #templates: Map<string, SmsTemplate>;

  constructor(templates: readonly SmsTemplate[]) {
    this.#templates = new Map(templates.map((template) => [template.name, template]));
  }

  draft(content: SmsContent): SmsDraft | { fault: SmsFault } {
    if (content.kind === 'text') {
      return content.text.length > longest
        ? { fault: 'too-long' }
        : { text: content.text, parts: 1 };
    }
    const template = this.#templates.get(content.template);
    if (!template) {
      return { fault: 'no-template' };
    }
    const words = template.texts[content.language];
    const wanted = [...words.matchAll(variable)].map(([, name]) => name ?? '');
    if (wanted.some((name) => !content.values[name])) {
      return { fault: 'bad-values' };
    }
    const text = words.replaceAll(variable, (_, name: string) => content.values[name] ?? '');
    return text.length > longest ? { fault: 'too-long' } : { text, parts: 1 };
  }

  async send(message: SmsMessage, { onTry }: SmsTrying): Promise<SmsResult> {
    await onTry({ provider: 'fake', action: 'send', lostAt: [] });
    const draft = this.draft(message);
    const { to, ref, isCode } = message;
    this.sent.push({ to, text: 'text' in draft ? draft.text : '', ref, isCode });
    const answer = this.answers.shift() ?? { outcome: 'accepted', providerMessageId: ref };
    if (answer instanceof Error) {
      throw answer;
    }
    return this.#result(answer, 'send');
  }

  /** Knows what it has sent; everything else it has certainly not got, and is sent. */
  async resume(message: SmsMessage, _stopped: SmsStopped, trying: SmsTrying): Promise<SmsResult> {
    this.resumed.push(message.ref);
    await trying.onTry({ provider: 'fake', action: 'find', lostAt: [] });
    if (this.sent.some(({ ref }) => ref === message.ref)) {
      return this.#result({ outcome: 'accepted', providerMessageId: message.ref }, 'find');
    }
    return this.send(message, trying);
  }

  status(_provider: string, ids: readonly string[]): Promise<SmsReport[] | null> {
    this.asked.push([...ids]);
    const reports = ids.flatMap((id) => {
      const state = this.states.get(id);
      return state ? [{ providerMessageId: id, state, providerCode: null }] : [];
    });
    return Promise.resolve(reports);
  }

  credit(): Promise<SmsCost | null> {
    return Promise.resolve(this.creditNow);
  }

  closed(): SmsClosed[] {
    return this.closedNow;
  }

  /** Texts that went to a number, oldest first. */
  to(phone: string): string[] {
    return this.sent.filter(({ to }) => to === phone).map(({ text }) => text);
  }

  #result(outcome: SmsOutcome, action: string): SmsResult {
    const attempt = { provider: 'fake', action, outcome: outcome.outcome, because: null };
    return { outcome, provider: 'fake', attempts: [attempt] };
  }
}

/** A refusal as providers make them. */
export function refused(
  error: string,
  scope: 'message' | 'recipient' | 'account' | 'provider' = 'account',
): SmsOutcome {
  return { outcome: 'rejected', scope, error, providerCode: '418' };
}
