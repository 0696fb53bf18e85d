import type { Mail, MailGateway } from '@chapar/api';

/** A mail that would have been sent. */
export interface ConsoleMail {
  to: string;
  subject: string;
  text: string;
  html: string;
  sentAt: string;
}

const kept = 500;

/** The mail server of development: prints each mail and remembers the last ones. */
export class ConsoleMailGateway implements MailGateway {
  #mails: ConsoleMail[] = [];
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  send({ to, subject, text, html, ref }: Mail) {
    const mail = { to, subject, text, html, sentAt: new Date().toISOString() };
    this.#mails = [mail, ...this.#mails].slice(0, kept);
    this.#print(`Mail to ${to}: ${subject} / ${text.trim().replaceAll(/\n+/g, ' / ')}`);
    return Promise.resolve({ outcome: 'accepted' as const, providerId: ref });
  }

  /** The last mails, newest first; to one address where it is given, in whatever case. */
  last(to: string | null): ConsoleMail[] {
    const wanted = to?.toLowerCase();
    return wanted === undefined
      ? this.#mails
      : this.#mails.filter((mail) => mail.to.toLowerCase() === wanted);
  }
}
