import type { SmsGateway } from '@chapar/api';

/** A text that would have been sent. */
export interface ConsoleSms {
  phone: string;
  text: string;
  sentAt: string;
}

const kept = 500;

/** The SMS provider of development: prints each text and remembers the last ones. */
export class ConsoleSmsGateway implements SmsGateway {
  #texts: ConsoleSms[] = [];
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  send({ to, text, ref }: { to: string; text: string; ref: string }) {
    this.#texts = [{ phone: to, text, sentAt: new Date().toISOString() }, ...this.#texts].slice(
      0,
      kept,
    );
    this.#print(`SMS to ${to}: ${text.replaceAll('\n', ' / ')}`);
    return Promise.resolve({ outcome: 'accepted' as const, providerId: ref });
  }

  /** The last texts, newest first; of one number where it is given. */
  last(phone: string | null): ConsoleSms[] {
    return phone === null ? this.#texts : this.#texts.filter((sms) => sms.phone === phone);
  }
}
