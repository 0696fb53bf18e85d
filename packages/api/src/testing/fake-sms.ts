import type { DeliveryOutcome, SmsGateway } from '../deps.ts';

interface SentSms {
  to: string;
  text: string;
  ref: string;
}

/** An SMS gateway that remembers, and answers as the test says. */
export class FakeSms implements SmsGateway {
  readonly sent: SentSms[] = [];
  /** What the next calls answer; accepted when empty. */
  readonly answers: (DeliveryOutcome | Error)[] = [];

  send(message: SentSms): Promise<DeliveryOutcome> {
    this.sent.push(message);
    const answer = this.answers.shift() ?? { outcome: 'accepted', providerId: message.ref };
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }

  /** Texts that went to a number, oldest first. */
  to(phone: string): string[] {
    return this.sent.filter(({ to }) => to === phone).map(({ text }) => text);
  }
}
