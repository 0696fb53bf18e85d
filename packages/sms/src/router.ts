import { Breaker, isOfTemplate, type BreakerOptions, type OpenCircuit } from './breaker.ts';
import { accepted, rejected, type Rejected, type SendOutcome } from './outcome.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LostMessage, ProviderMessage, SmsProvider } from './provider.ts';
import { TemplateError, type SmsLanguage, type TemplateBook } from './templates.ts';

/** A message before it is known who sends it. */
export type RoutedMessage = {
  /** E.164. */
  to: string;
  /** Digits, at most 18: the message's number with us, never used for another. */
  ref: string;
  /**
   * A code may come twice, which confuses nobody, and must come soon. Any other message must not
   * come twice.
   */
  isCode: boolean;
} & (
  | { kind: 'text'; text: string }
  | { kind: 'template'; template: string; language: SmsLanguage; values: Record<string, string> }
);

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

const usual = { retries: 0, backoffMs: 200, findAfterMs: 5_000 };

const systemClock = {
  now: () => new Date(),
  sleep: (ms: number) => sleep(ms, undefined),
};

/**
 * Sends each message through the first provider that takes it. A refusal that another provider
 * would repeat ends the way; one that is about our account or the provider goes on to the next.
 *
 * After an answer that was lost nothing is sent blindly again: where the provider knows our number
 * of the message the same call is repeated, which sends nothing twice; where it can be asked, it is
 * asked; only a code may then go out through the next provider, and it is the same code.
 */
export class SmsRouter {
  readonly #options: RouterOptions;
  readonly #clock: NonNullable<RouterOptions['clock']>;
  readonly #breaker: Breaker;

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#breaker = new Breaker(options.breaker);
  }

  /** Providers and templates that are left out for now. */
  closed(): { key: string; circuit: OpenCircuit }[] {
    return this.#breaker.open(this.#clock.now());
  }

  async send(message: RoutedMessage): Promise<RouteResult> {
    const attempts: Attempt[] = [];
    let last: RouteResult = {
      outcome: rejected(['provider', 'busy'], null),
      provider: null,
      attempts,
    };
    for (const provider of this.#options.providers) {
      const prepared = this.#prepare(provider, message);
      if ('outcome' in prepared) {
        last = last.provider === null ? { outcome: prepared, provider: null, attempts } : last;
        continue;
      }
      if (!this.#breaker.enter(waysOf(provider, prepared), this.#clock.now())) {
        continue;
      }
      const outcome = await this.#through(provider, prepared, attempts);
      last = { outcome, provider: provider.name, attempts };
      if (!this.#goesOn(outcome, message)) {
        return last;
      }
    }
    return last;
  }

  /** The message in the provider's own terms, or why it cannot be. */
  #prepare(provider: SmsProvider, message: RoutedMessage): ProviderMessage | Rejected {
    const { capabilities, name } = provider;
    const { to, ref } = message;
    try {
      if (message.kind === 'template') {
        const { template, language, values } = message;
        const version = this.#options.templates.forProvider(name, {
          name: template,
          language,
          values,
        });
        if (version && capabilities.template) {
          return { kind: 'template', to, ref, ...version };
        }
        if (!capabilities.text || this.#options.allowTextForTemplate === false) {
          return rejected(['account', 'template-missing'], null);
        }
        const text = this.#options.templates.render(template, language, values);
        return { kind: 'text', to, ref, text };
      }
      return capabilities.text
        ? { kind: 'text', to, ref, text: message.text }
        : rejected(['account', 'unsupported'], null);
    } catch (error) {
      if (error instanceof TemplateError) {
        return rejected(['message', 'template-args'], null);
      }
      throw error;
    }
  }

  /** One provider's turn: sends, waits for a busy one, looks for a lost message. */
  async #through(
    provider: SmsProvider,
    prepared: ProviderMessage,
    attempts: Attempt[],
  ): Promise<SendOutcome> {
    const { retries = usual.retries, backoffMs = usual.backoffMs } = this.#options;
    const triedAt = this.#clock.now();
    let outcome = await this.#attempt(provider, prepared, 'send', attempts);
    for (let retry = 0; retry < retries && isWorthWaiting(outcome); retry += 1) {
      await this.#clock.sleep(backoffMs * 2 ** retry);
      outcome = await this.#attempt(provider, prepared, 'send', attempts);
    }
    if (outcome.outcome === 'unknown') {
      outcome = await this.#settle(provider, { message: prepared, triedAt }, outcome, attempts);
    }
    return outcome;
  }

  async #attempt(
    provider: SmsProvider,
    prepared: ProviderMessage,
    action: 'send' | 'repeat',
    attempts: Attempt[],
  ): Promise<SendOutcome> {
    const outcome = await provider.send(prepared);
    attempts.push({
      provider: provider.name,
      action,
      outcome: outcome.outcome,
      because: becauseOf(outcome),
    });
    this.#note(provider, prepared, outcome);
    return outcome;
  }

  /** After a lost answer: repeats what sends nothing twice, then asks. */
  async #settle(
    provider: SmsProvider,
    lost: LostMessage,
    unknown: SendOutcome,
    attempts: Attempt[],
  ): Promise<SendOutcome> {
    const { message } = lost;
    const { idempotent, findable } = provider.capabilities;
    if (idempotent.includes(message.kind)) {
      // A refusal now does not say that the first call was refused too.
      const outcome = await this.#attempt(provider, message, 'repeat', attempts);
      if (outcome.outcome === 'accepted') {
        return outcome;
      }
    }
    if (!findable.includes(message.kind)) {
      return unknown;
    }
    await this.#clock.sleep(this.#options.findAfterMs ?? usual.findAfterMs);
    const { found, ...more } = await provider.find(lost);
    const outcome = ({ yes: 'found', absent: 'absent', unknown: 'unknown' } as const)[found];
    attempts.push({ provider: provider.name, action: 'find', outcome, because: null });
    return 'providerMessageId' in more ? accepted(more.providerMessageId) : unknown;
  }

  /** Whether the next provider is tried after this. */
  #goesOn(outcome: SendOutcome, message: RoutedMessage): boolean {
    if (outcome.outcome === 'accepted') {
      return false;
    }
    if (outcome.outcome === 'unknown') {
      return message.isCode && (this.#options.onUnknownCode ?? 'failover') === 'failover';
    }
    return outcome.scope === 'account' || outcome.scope === 'provider';
  }

  /**
   * A missing template closes that template, everything else the provider. What arrives opens both.
   */
  #note(provider: SmsProvider, prepared: ProviderMessage, outcome: SendOutcome): void {
    const now = this.#clock.now();
    const ways = waysOf(provider, prepared);
    const [whole = '', own = whole] = ways;
    const blamed = outcome.outcome === 'rejected' && isOfTemplate(outcome) ? own : whole;
    for (const way of ways) {
      if (way !== blamed && outcome.outcome !== 'accepted') {
        this.#breaker.release(way);
        continue;
      }
      const circuit = this.#breaker.note(way, outcome, now);
      if (circuit) {
        const template = way !== whole && prepared.kind === 'template' ? prepared.template : null;
        this.#options.onAlert?.({ provider: provider.name, template, circuit });
      }
    }
  }
}

/** The circuits that a message goes through: the provider's, and that of its template there. */
function waysOf(provider: SmsProvider, prepared: ProviderMessage): string[] {
  return prepared.kind === 'template'
    ? [provider.name, `${provider.name}/${prepared.template}`]
    : [provider.name];
}

/** A provider that says "too much" or "not now" may take the message a moment later. */
function isWorthWaiting(outcome: SendOutcome): boolean {
  return (
    outcome.outcome === 'rejected' &&
    outcome.scope === 'provider' &&
    outcome.error !== 'unexpected' &&
    outcome.providerCode !== null
  );
}

function becauseOf(outcome: SendOutcome): string | null {
  if (outcome.outcome === 'accepted') {
    return null;
  }
  return outcome.outcome === 'rejected' ? outcome.error : outcome.reason;
}
