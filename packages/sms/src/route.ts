import type { BreakerOptions, OpenCircuit } from './breaker.ts';
import type { SendOutcome } from './outcome.ts';
import type { SmsProvider } from './provider.ts';
import type { TemplateBook } from './templates.ts';

/** One call of a provider. */
export interface Attempt {
  provider: string;
  /** `repeat`: the same message with the same number again; `find`: a question, no sending. */
  action: 'send' | 'repeat' | 'find';
  outcome: SendOutcome['outcome'] | 'found' | 'absent';
  /** Kind or reason, where it did not work. */
  because: string | null;
}

export interface RouteResult {
  outcome: SendOutcome;
  /** Who has it, or may have it; null when nobody was asked. */
  provider: string | null;
  attempts: Attempt[];
}

/** What operators want to hear of. */
export interface RouterAlert {
  provider: string;
  /** Null when the whole provider is meant. */
  template: string | null;
  circuit: OpenCircuit;
}

export interface RouterOptions {
  /** In the order in which they are tried. */
  providers: readonly SmsProvider[];
  templates: TemplateBook;
  /** `sleep` is a way to wait; tests have one that does not. */
  clock?: { now(): Date; sleep(ms: number): Promise<void> };
  /** Times a provider that is busy is asked again before the next one. */
  retries?: number;
  /** The wait before the first of these; doubled for each further one. */
  backoffMs?: number;
  /** How long after a lost answer the provider is asked for the message. */
  findAfterMs?: number;
  /** How long it has for its answer; some read many pages for it. */
  findWithinMs?: number;
  /**
   * What becomes of a code when nobody can say whether it was sent: `failover` sends the same code
   * through the next provider, `stop` leaves it. Other messages always stop.
   */
  onUnknownCode?: 'failover' | 'stop';
  /** Whether a template that a provider has not approved goes out as a text from our line. */
  allowTextForTemplate?: boolean;
  breaker?: BreakerOptions;
  onAlert?: (alert: RouterAlert) => void;
}

/** A call that is about to be made. */
export interface Try {
  provider: string;
  /** Only `send` begins something new; the others are about what has been begun. */
  action: Attempt['action'];
  /** Other providers that may have the message already. */
  lostAt: readonly string[];
}

/** What a caller may want of one sending. */
export interface SendOptions {
  /**
   * Called right before each call of a provider, and waited for: who writes it down knows after a
   * crash whom to ask. When it throws, the call is not made and the sending ends with its error.
   */
  onTry?: ((attempt: Try) => Promise<void>) | undefined;
  /**
   * Asked before a provider is asked for a lost message: its ids of other messages to the same
   * number, which some providers cannot tell from it.
   */
  othersAt?: ((provider: string) => Promise<readonly string[]>) | undefined;
}

/** How far a message had come when its sender stopped: what was written down last. */
export interface Stopped {
  provider: string;
  triedAt: Date;
  lostAt: readonly string[];
}
