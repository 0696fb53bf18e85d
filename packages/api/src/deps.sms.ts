import type { Language, SmsDelivery } from '@chapar/contract';

/** What an SMS says: a template by its name, or words of one's own. */
export type SmsContent =
  | { kind: 'text'; text: string }
  | { kind: 'template'; template: string; language: Language; values: Record<string, string> };

export type SmsMessage = SmsContent & {
  /** E.164. */
  to: string;
  /** Ours: at most 18 digits, the same for every try of one message, never used for another. */
  ref: string;
  /** A code may come twice and must come soon; any other message must not come twice. */
  isCode: boolean;
};

/** A message as it would go out. */
export interface SmsDraft {
  text: string;
  /** How many SMS the text makes. */
  parts: number;
}

/** Why a message cannot be written: there is no such template, or its values do not fit. */
export type SmsFault = 'no-template' | 'bad-values' | 'too-long';

/** What a message cost, in the provider's own unit. */
export interface SmsCost {
  /** A decimal number. */
  amount: string;
  unit: string;
}

/**
 * How sending ended. Rejected: it was certainly not sent; the scopes `message` and `recipient` are
 * final, `account` and `provider` pass. Unknown: it may or may not have been sent.
 */
export type SmsOutcome =
  | { outcome: 'accepted'; providerMessageId: string | null; parts?: number; cost?: SmsCost }
  | {
      outcome: 'rejected';
      scope: 'message' | 'recipient' | 'account' | 'provider';
      error: string;
      providerCode: string | null;
    }
  | { outcome: 'unknown'; reason: string };

/** One call of one provider: who, what, how it went and why. Without a secret or a number. */
export interface SmsAttempt {
  provider: string;
  action: string;
  outcome: string;
  because: string | null;
}

export interface SmsResult {
  outcome: SmsOutcome;
  /** Who has it, or may have it; null when nobody was asked. */
  provider: string | null;
  attempts: SmsAttempt[];
}

/** Where a provider says that a message is. */
export interface SmsReport {
  providerMessageId: string;
  state: SmsDelivery;
  providerCode: string | null;
}

/** What a provider can be asked. */
export interface SmsProviderFacts {
  name: string;
  /** For so long it knows what became of a message; 0 when it cannot be asked. */
  statusSeconds: number;
  /** Most messages of one question. */
  statusBatch: number;
  hasCredit: boolean;
}

/** A provider that is left out for now, or one template of it. */
export interface SmsClosed {
  provider: string;
  template: string | null;
  reason: string;
  until: Date;
}

/** A call of a provider that is about to be made. */
export interface SmsTry {
  provider: string;
  /** Only `send` begins something new; the others are about what has been begun. */
  action: 'send' | 'repeat' | 'find';
  /** Other providers that may have the message already. */
  lostAt: readonly string[];
}

/** Called right before each call of a provider, and waited for. Throws: then it is not made. */
export interface SmsTrying {
  onTry: (attempt: SmsTry) => Promise<void>;
  /** A provider's ids of other messages to the number, which may look like a lost one. */
  othersAt: (provider: string) => Promise<readonly string[]>;
}

/** How far a message had come when its sender stopped: what was written down last. */
export interface SmsStopped {
  provider: string;
  triedAt: Date;
  lostAt: readonly string[];
}

/** Sends through whichever provider takes a message; nothing here throws for what they do. */
export interface SmsGateway {
  /** In the order in which they are tried. */
  readonly providers: readonly SmsProviderFacts[];
  /** The words, with their values; what is secret in them may be replaced before. */
  draft(content: SmsContent): SmsDraft | { fault: SmsFault };
  send(message: SmsMessage, trying: SmsTrying): Promise<SmsResult>;
  /** Goes on with a message whose sender stopped after it had asked a provider. */
  resume(message: SmsMessage, stopped: SmsStopped, trying: SmsTrying): Promise<SmsResult>;
  /** Null when the provider does not answer. */
  status(provider: string, providerMessageIds: readonly string[]): Promise<SmsReport[] | null>;
  credit(provider: string): Promise<SmsCost | null>;
  closed(): SmsClosed[];
}
