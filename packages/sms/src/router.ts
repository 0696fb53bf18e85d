import { setTimeout as sleep } from 'node:timers/promises';
import { Breaker, isOfTemplate, type OpenCircuit } from './breaker.ts';
import { accepted, becauseOf, rejected, unknown, type SendOutcome } from './outcome.ts';
import { prepare, type RoutedMessage } from './prepare.ts';
import type { LostMessage, ProviderMessage, SmsProvider } from './provider.ts';
import type { Attempt, RouteResult, RouterOptions, SendOptions, Stopped } from './route.ts';

interface Trip extends SendOptions {
  message: RoutedMessage;
  attempts: Attempt[];
  /** Providers that may have the message: nobody could say. */
  lostAt: string[];
}

interface Settled {
  outcome: SendOutcome;
  /** The provider certainly has not got it. */
  isAbsent: boolean;
}

const usual = { retries: 0, backoffMs: 200, findAfterMs: 5_000, findWithinMs: 10_000 };

/** The shortest time that a provider is documented to know our numbers of messages (Kavenegar). */
const repeatWithinMs = 12 * 3_600_000;

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

  /** Sends a message that nobody has been asked to send before. */
  async send(message: RoutedMessage, options: SendOptions = {}): Promise<RouteResult> {
    return this.#along({ message, attempts: [], lostAt: [], ...options });
  }

  /**
   * Goes on with a message whose sender stopped in the middle, and left no word of how it ended.
   * First its last provider is asked, as after a lost answer. A code that it has not got is sent as
   * if it had never been asked; when nobody can say, a code goes on to the providers that cannot
   * have it. Any other message stays unknown.
   */
  async resume(
    message: RoutedMessage,
    { provider: name, triedAt, lostAt }: Stopped,
    options: SendOptions = {},
  ): Promise<RouteResult> {
    const others = lostAt.filter((other) => other !== name);
    const trip: Trip = { message, attempts: [], lostAt: others, ...options };
    const provider = this.#options.providers.find((one) => one.name === name);
    const prepared = provider && this.#prepare(provider, message);
    let settled: Settled = { outcome: unknown('reset'), isAbsent: false };
    if (provider && prepared && !('outcome' in prepared)) {
      settled = await this.#settle(trip, provider, { message: prepared, triedAt });
    }
    const { outcome, isAbsent } = settled;
    if (outcome.outcome === 'accepted' || !this.#goesOn(outcome, message)) {
      return { outcome, provider: name, attempts: trip.attempts };
    }
    return this.#along({ ...trip, lostAt: isAbsent ? others : [...others, name] });
  }

  /** Tries the providers in their order, but for those that may have the message. */
  async #along(trip: Trip): Promise<RouteResult> {
    const { message, attempts, lostAt } = trip;
    let last: RouteResult | null = null;
    for (const provider of this.#options.providers) {
      if (lostAt.includes(provider.name)) {
        continue;
      }
      const prepared = this.#prepare(provider, message);
      if ('outcome' in prepared) {
        last ??= { outcome: prepared, provider: null, attempts };
        continue;
      }
      if (!this.#breaker.enter(waysOf(provider, prepared), this.#clock.now())) {
        continue;
      }
      const outcome = await this.#through(trip, provider, prepared);
      last = { outcome, provider: provider.name, attempts };
      if (outcome.outcome === 'unknown') {
        lostAt.push(provider.name);
      }
      if (!this.#goesOn(outcome, message)) {
        break;
      }
    }
    // One that may have it outweighs all that refused it: it cannot be called "not sent".
    const [lost] = lostAt;
    if (lost !== undefined && last?.outcome.outcome !== 'accepted') {
      return last?.outcome.outcome === 'unknown'
        ? last
        : { outcome: unknown('reset'), provider: lost, attempts };
    }
    return last ?? { outcome: rejected(['provider', 'busy'], null), provider: null, attempts };
  }

  #prepare(provider: SmsProvider, message: RoutedMessage): ReturnType<typeof prepare> {
    const { templates, allowTextForTemplate: allowText = true } = this.#options;
    return prepare(provider, message, { templates, allowText });
  }

  /** One provider's turn: sends, waits for a busy one, looks for a lost message. */
  async #through(
    trip: Trip,
    provider: SmsProvider,
    prepared: ProviderMessage,
  ): Promise<SendOutcome> {
    const { retries = usual.retries, backoffMs = usual.backoffMs } = this.#options;
    const triedAt = this.#clock.now();
    let outcome = await this.#attempt(trip, provider, prepared, 'send');
    for (let retry = 0; retry < retries && isWorthWaiting(outcome); retry += 1) {
      await this.#clock.sleep(backoffMs * 2 ** retry);
      outcome = await this.#attempt(trip, provider, prepared, 'send');
    }
    if (outcome.outcome !== 'unknown') {
      return outcome;
    }
    const settled = await this.#settle(trip, provider, { message: prepared, triedAt });
    return settled.outcome.outcome === 'accepted' ? settled.outcome : outcome;
  }

  async #attempt(
    { attempts, onTry, lostAt }: Trip,
    provider: SmsProvider,
    prepared: ProviderMessage,
    action: 'send' | 'repeat',
  ): Promise<SendOutcome> {
    await onTry?.({ provider: provider.name, action, lostAt });
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
  async #settle(trip: Trip, provider: SmsProvider, lost: LostMessage): Promise<Settled> {
    const { message, triedAt } = lost;
    const { idempotent, findable } = provider.capabilities;
    const isFresh = this.#clock.now().getTime() - triedAt.getTime() < repeatWithinMs;
    if (isFresh && idempotent.includes(message.kind)) {
      // A refusal now does not say that the first call was refused too.
      const outcome = await this.#attempt(trip, provider, message, 'repeat');
      if (outcome.outcome === 'accepted') {
        return { outcome, isAbsent: false };
      }
    }
    return findable.includes(message.kind)
      ? this.#find(trip, provider, lost)
      : { outcome: unknown('reset'), isAbsent: false };
  }

  async #find(trip: Trip, provider: SmsProvider, lost: LostMessage): Promise<Settled> {
    const { name } = provider;
    const { findAfterMs = usual.findAfterMs, findWithinMs = usual.findWithinMs } = this.#options;
    await this.#clock.sleep(findAfterMs);
    await trip.onTry?.({ provider: name, action: 'find', lostAt: trip.lostAt });
    const others = (await trip.othersAt?.(name)) ?? [];
    const late = new AbortController();
    const { found, ...more } = await Promise.race([
      provider.find({ ...lost, others }),
      sleep(findWithinMs, { found: 'unknown' } as const, { signal: late.signal, ref: false }),
    ]);
    late.abort();
    const outcome = ({ yes: 'found', absent: 'absent', unknown: 'unknown' } as const)[found];
    trip.attempts.push({ provider: name, action: 'find', outcome, because: null });
    return 'providerMessageId' in more
      ? { outcome: accepted(more.providerMessageId), isAbsent: false }
      : { outcome: unknown('reset'), isAbsent: found === 'absent' };
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
