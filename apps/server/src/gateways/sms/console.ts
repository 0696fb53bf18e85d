import type { ProviderMessage, SendOutcome, SmsProvider } from '@chapar/sms';
import { textOf, textOnly } from './text-only.ts';

/** A text that would have been sent. */
export interface ConsoleSms {
  phone: string;
  text: string;
  ref: string;
  sentAt: string;
}

const kept = 500;

/** The SMS provider of development: prints each text and remembers the last ones. */
export class ConsoleSmsProvider implements SmsProvider {
  readonly name = 'console';
  readonly capabilities = textOnly.capabilities;
  readonly find = textOnly.find;
  readonly status = textOnly.status;
  readonly credit = textOnly.credit;
  readonly receive = textOnly.receive;
  #texts: ConsoleSms[] = [];
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  send(message: ProviderMessage): Promise<SendOutcome> {
    const { to, ref } = message;
    const text = textOf(message);
    const sms = { phone: to, text, ref, sentAt: new Date().toISOString() };
    this.#texts = [sms, ...this.#texts].slice(0, kept);
    this.#print(`SMS to ${to}: ${text.replaceAll('\n', ' / ')}`);
    return Promise.resolve({ outcome: 'accepted', providerMessageId: ref });
  }

  /** The last texts, newest first; of one number where it is given. */
  last(phone: string | null): ConsoleSms[] {
    return phone === null ? this.#texts : this.#texts.filter((sms) => sms.phone === phone);
  }
}
