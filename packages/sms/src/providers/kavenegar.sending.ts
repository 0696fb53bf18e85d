import { toNational } from '../mobile.ts';
import { rejected, unknown, type SendOutcome } from '../outcome.ts';
import { toOutcomes } from './kavenegar.answers.ts';
import {
  chunksOf,
  secondsOf,
  type KavenegarCalls,
  type KavenegarParameters,
} from './kavenegar.calls.ts';
import { kavenegarLimits, kavenegarSlots, type KavenegarSlot } from './kavenegar.codes.ts';

export interface KavenegarRecipient {
  /** E.164. */
  to: string;
  /** Our number of the message: digits, at most 18. What has one already is not sent again. */
  ref: string;
}

/** What a send may say besides. */
export interface KavenegarExtras {
  /** Sent then; at once when left out. */
  at?: Date;
  /** Leaves the number out of the panel's lists. */
  isHidden?: boolean;
  /** A tag that exists in the panel; letters, digits, dashes and underscores. */
  tag?: string;
  /** A sending flow that the account defines. */
  policy?: string;
}

/** One text for many. */
export interface KavenegarBroadcast extends KavenegarExtras {
  recipients: readonly KavenegarRecipient[];
  text: string;
  /** A line; the account's own when left out. */
  sender?: string;
  /** 0 flash, 1 the phone's memory, 2 the SIM's, 3 an application; for lines beginning with 3000. */
  display?: 0 | 1 | 2 | 3;
}

/** One of many texts. */
export interface KavenegarText extends KavenegarRecipient {
  text: string;
  sender: string;
}

export interface KavenegarLookup {
  /** E.164, of other countries too; a landline of Iran is called. */
  to: string;
  template: string;
  tokens: Partial<Record<KavenegarSlot, string>>;
  /** `call` reads the token out: digits only. */
  type?: 'sms' | 'call';
  tag?: string;
}

export interface KavenegarSending {
  /** Outcomes in the order of the recipients. */
  send(broadcast: KavenegarBroadcast): Promise<SendOutcome[]>;
  /** Outcomes in the order of the texts. */
  sendArray(texts: readonly KavenegarText[], extras?: KavenegarExtras): Promise<SendOutcome[]>;
  /** A template. Our number does not travel with it: a second call sends a second message. */
  lookup(message: KavenegarLookup): Promise<SendOutcome>;
}

/** The methods that send. Lists beyond the provider's limits take several calls, one by one. */
export function createKavenegarSending({ ask }: KavenegarCalls): KavenegarSending {
  const send = ({ recipients, text, sender, display, ...extras }: KavenegarBroadcast) =>
    inBatches(recipients, async (some) => {
      const receptors = some.map(({ to }) => toNational(to));
      const answer = await ask(
        'sms/send',
        {
          receptor: receptors.join(','),
          sender,
          message: text,
          type: display?.toString(),
          localid: some.map(({ ref }) => ref).join(','),
          ...extrasOf(extras),
        },
        'POST',
      );
      // One code for two faults.
      const isEmpty = text === '' && answer.outcome === 'rejected' && answer.providerCode === '413';
      return toOutcomes(isEmpty ? { ...answer, error: 'empty-message' } : answer, receptors);
    });

  // Arrays travel as JSON: fields that are repeated do not work.
  const sendArray = (texts: readonly KavenegarText[], extras: KavenegarExtras = {}) =>
    inBatches(texts, async (some) => {
      const receptors = some.map(({ to }) => toNational(to));
      const form = {
        receptor: JSON.stringify(receptors),
        sender: JSON.stringify(some.map(({ sender }) => sender)),
        message: JSON.stringify(some.map(({ text }) => text)),
        localmessageids: `[${some.map(({ ref }) => ref).join(',')}]`,
        ...extrasOf(extras),
      };
      return toOutcomes(await ask('sms/sendarray', form, 'POST'), receptors);
    });

  const lookup = async (message: KavenegarLookup): Promise<SendOutcome> => {
    const { to, template, tokens, type = 'sms', tag } = message;
    const receptor = to.startsWith('+98') ? toNational(to) : to.replace(/^\+/, '00');
    const inOrder = Object.fromEntries(kavenegarSlots.map((slot) => [slot, tokens[slot]]));
    const form = { receptor, ...inOrder, template, type, tag };
    const answer = await ask('verify/lookup', form, 'POST');
    const [outcome = unknown('bad-body')] = toOutcomes(answer, [receptor]);
    return outcome;
  };

  return { send, sendArray, lookup };
}

/** Numbers of ours that they cannot take would leave a message without protection from doubles. */
async function inBatches<T extends KavenegarRecipient>(
  messages: readonly T[],
  call: (some: readonly T[]) => Promise<SendOutcome[]>,
): Promise<SendOutcome[]> {
  if (!messages.every(({ ref }) => /^\d{1,18}$/.test(ref))) {
    return messages.map(() => rejected(['message', 'bad-request'], null));
  }
  const outcomes: SendOutcome[] = [];
  for (const some of chunksOf(messages, kavenegarLimits.receptors)) {
    outcomes.push(...(await call(some)));
  }
  return outcomes;
}

function extrasOf({ at, isHidden, tag, policy }: KavenegarExtras): KavenegarParameters {
  return { date: secondsOf(at), hide: isHidden ? '1' : undefined, tag, policy };
}
