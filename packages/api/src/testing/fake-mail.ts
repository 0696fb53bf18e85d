import type { MailOutcome, Mail, MailGateway } from '../deps.ts';

/** A mail gateway that remembers, and answers as the test says. */
export class FakeMail implements MailGateway {
  readonly sent: Mail[] = [];
  /** What the next calls answer; accepted when empty. */
  readonly answers: MailOutcome[] = [];

  send(mail: Mail): Promise<MailOutcome> {
    this.sent.push(mail);
    return Promise.resolve(this.answers.shift() ?? { outcome: 'accepted', providerId: mail.ref });
  }

  /** Mails that went to an address, oldest first. */
  to(address: string): Mail[] {
    return this.sent.filter(({ to }) => to === address);
  }
}
