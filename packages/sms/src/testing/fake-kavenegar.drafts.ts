import {
  firstWrong,
  listOf,
  secondsOf,
  slots,
  wrongDate,
  wrongDisplay,
  wrongLocalIds,
  wrongReceptor,
  wrongReceptors,
  wrongSender,
  wrongTag,
  wrongText,
  wrongToken,
  type KavenegarCall,
} from './fake-kavenegar.rules.ts';
import type { FakeTemplate } from './fake-provider.ts';

/** A message that was asked for and is in order, before it is taken. */
export interface KavenegarDraft {
  receptor: string;
  text: string;
  sender: string;
  localId: string | null;
  template: string | null;
  values: readonly string[];
  /** Rial for each part. */
  price: number;
  /** When it is to leave. */
  dueAt: Date;
}

/** What a call is checked against. */
export interface KavenegarAccountRules {
  lines: readonly string[];
  tags: readonly string[];
  price: number;
  lookupPrice: number;
  now: () => Date;
  template: (name: string) => FakeTemplate | undefined;
}

/** The messages of a call, or the code that refuses it. */
export type Drafts = KavenegarDraft[] | number;

const receptorsPerCall = 200;

/** `sms/send`: one text for many. */
export function draftsOfSend(call: KavenegarCall, rules: KavenegarAccountRules): Drafts {
  const [receptor, text, sender] = ['receptor', 'message', 'sender'].map(call.get);
  if (receptor === undefined || text === undefined) {
    return 400;
  }
  if (receptor === '') {
    return 406;
  }
  const receptors = receptor.split(',');
  const localIds = listOf(call.get('localid')) ?? [];
  const wrong = firstWrong(
    wrongReceptors(receptors, receptorsPerCall),
    wrongText(text),
    wrongSender(sender, rules.lines),
    wrongLocalIds(localIds, receptors.length),
    wrongDisplay(call.get('type')),
    wrongExtras(call, rules),
  );
  return (
    wrong ??
    receptors.map((one, index) => ({
      ...plainDraft(call, rules),
      receptor: one,
      text,
      ...(sender === undefined ? {} : { sender }),
      localId: localIds[index] ?? null,
    }))
  );
}

/** `sms/sendarray`: many texts, all fields but the date as lists of JSON. */
export function draftsOfArray(call: KavenegarCall, rules: KavenegarAccountRules): Drafts {
  const [receptors, senders, texts, localIds] = [
    'receptor',
    'sender',
    'message',
    'localmessageids',
  ].map((name) => listOf(call.get(name)));
  if (!receptors?.length || !senders?.length || !texts?.length || !localIds) {
    return 400;
  }
  if (receptors.length !== senders.length || receptors.length !== texts.length) {
    return 419;
  }
  const wrong = firstWrong(
    wrongReceptors(receptors, receptorsPerCall),
    ...texts.map(wrongText),
    ...senders.map((sender) => wrongSender(sender, rules.lines)),
    wrongLocalIds(localIds, receptors.length),
    wrongExtras(call, rules),
  );
  return (
    wrong ??
    receptors.map((receptor, index) => ({
      ...plainDraft(call, rules),
      receptor,
      text: texts[index] ?? '',
      sender: senders[index] ?? '',
      localId: localIds[index] ?? null,
    }))
  );
}

/** `verify/lookup`: a template for one. */
export function draftsOfLookup(call: KavenegarCall, rules: KavenegarAccountRules): Drafts {
  const [receptor, name] = ['receptor', 'template'].map(call.get);
  const values = new Map(slots.map((slot) => [slot, call.get(slot) ?? '']));
  if (receptor === undefined || name === undefined || call.get('token') === undefined) {
    return 400;
  }
  const variables = rules.template(name)?.variables;
  const wrong = firstWrong(
    wrongReceptor(receptor),
    variables ? null : 424,
    variables?.includes('token') ? null : 432,
    ...[...values].map(([slot, value]) => wrongToken(slot, value)),
    wrongVoice(call.get('type'), values.get('token') ?? ''),
    // Our assumption: the page does not say what comes of a variable without a value.
    variables?.every((variable) => values.get(variable)) ? null : 400,
    wrongTag(call.get('tag'), rules.tags),
  );
  const filled = (variables ?? []).map((variable) => values.get(variable) ?? '');
  return (
    wrong ?? [
      {
        ...plainDraft(call, rules),
        receptor,
        text: `${name}: ${filled.join(' ')}`,
        template: name,
        values: filled,
        price: rules.lookupPrice,
      },
    ]
  );
}

function plainDraft(
  call: KavenegarCall,
  { lines, price, now }: KavenegarAccountRules,
): Omit<KavenegarDraft, 'receptor' | 'text'> {
  const date = call.get('date');
  return {
    sender: lines[0] ?? '',
    localId: null,
    template: null,
    values: [],
    price,
    dueAt: date === undefined ? now() : new Date(Number(date) * 1_000),
  };
}

function wrongExtras(call: KavenegarCall, { tags, now }: KavenegarAccountRules): number | null {
  return firstWrong(wrongDate(call.get('date'), secondsOf(now())), wrongTag(call.get('tag'), tags));
}

function wrongVoice(type: string | undefined, token: string): number | null {
  if (type === undefined || type === 'sms') {
    return null;
  }
  if (type !== 'call') {
    return 400;
  }
  return /^\d+$/.test(token) ? null : 428;
}
