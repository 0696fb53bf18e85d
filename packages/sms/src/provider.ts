import type { Credit, DeliveryReport, SendOutcome } from './outcome.ts';

/** What every message has. */
interface Addressed {
  /** E.164, such as `+989121110001`; see `normalizeMobile`. */
  to: string;
  /**
   * The message's number with us: digits, at most 18, the same for every try of one message and
   * never used for another. Providers that know such numbers send a message once by it.
   */
  ref: string;
}

/** A text from one of our lines. */
export interface TextMessage extends Addressed {
  kind: 'text';
  text: string;
}

/**
 * An approved template with its values. Templates travel on service lines, which also reach people
 * who take no advertising: codes are sent this way.
 */
export interface TemplateMessage extends Addressed {
  kind: 'template';
  /** The provider's own name or number of the template. */
  template: string;
  /** Values in the provider's own slots or names, in the template's order. */
  values: readonly TemplateValue[];
}

export interface TemplateValue {
  /** The slot or variable, such as `token`, `CODE` or `1`. */
  name: string;
  value: string;
}

export type ProviderMessage = TextMessage | TemplateMessage;

/** What a provider can do. The router asks here before it tries. */
export interface Capabilities {
  text: boolean;
  template: boolean;
  /** Kinds of message that a second send with the same `ref` does not send again. */
  idempotent: readonly ProviderMessage['kind'][];
  /** Kinds of message that can be looked for after an unknown outcome. */
  findable: readonly ProviderMessage['kind'][];
  status: boolean;
  /** Most ids of one status call. */
  statusBatch: number;
  /** Seconds after which the provider no longer knows a message's state. */
  statusSeconds: number;
  credit: boolean;
  inbound: 'poll' | 'push' | 'none';
  /** Most characters of a text. */
  longestText: number;
  /** Little is known of its API: not for the first place. */
  isExperimental: boolean;
}

/** A message whose sending ended without an answer. */
export interface LostMessage {
  message: ProviderMessage;
  /** When it was tried. */
  triedAt: Date;
  /** The provider's ids of other messages of ours to this number: the lost one is none of them. */
  others?: readonly string[];
}

/** `absent`: the provider has certainly not got it. */
export type FindOutcome =
  | { found: 'yes'; providerMessageId: string }
  | { found: 'absent' }
  | { found: 'unknown' };

/** A text that somebody sent to one of our lines. */
export interface InboundMessage {
  /** Null where the provider gives none: then sender, line, text and minute are the identity. */
  providerMessageId: string | null;
  /** E.164 where it is a mobile number, else as the provider wrote it. */
  from: string;
  line: string;
  text: string;
  /** Null where the provider does not say. */
  receivedAt: Date | null;
}

/**
 * One provider. Nothing here throws for what a provider or the network does: sending ends in an
 * outcome; the questions answer null when there is no answer. No error and no outcome holds a key,
 * a text or a full number.
 */
export interface SmsProvider {
  readonly name: string;
  readonly capabilities: Capabilities;
  send(message: ProviderMessage): Promise<SendOutcome>;
  /** Asks whether a lost message has arrived; never sends. */
  find(lost: LostMessage): Promise<FindOutcome>;
  /** States of messages by their provider's ids; null when the provider did not answer. */
  status(providerMessageIds: readonly string[]): Promise<DeliveryReport[] | null>;
  credit(): Promise<Credit | null>;
  /** New texts to one of our lines; null when the provider did not answer. */
  receive(line: string): Promise<InboundMessage[] | null>;
}

/** What adapters do not do: answers for the calls that a provider does not have. */
export const cannot = {
  find: (): Promise<FindOutcome> => Promise.resolve({ found: 'unknown' }),
  status: (): Promise<DeliveryReport[] | null> => Promise.resolve(null),
  credit: (): Promise<Credit | null> => Promise.resolve(null),
  receive: (): Promise<InboundMessage[] | null> => Promise.resolve(null),
};
