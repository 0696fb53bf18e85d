import type { Rejected, SendOutcome, SmsErrorKind } from './outcome.ts';

/** Why a way is closed for now. */
export interface OpenCircuit {
  reason: SmsErrorKind | 'no-answer';
  until: Date;
}

export interface BreakerOptions {
  /** Troubles in a row that close a way. */
  threshold?: number;
  /** For how long, when the provider is in trouble. */
  coolMs?: number;
  /** For how long, when our account there is: somebody has to mend it. */
  accountCoolMs?: number;
}

const usual = { threshold: 5, coolMs: 30_000, accountCoolMs: 600_000 };

interface Circuit {
  troubles: number;
  open: OpenCircuit | null;
  /** One message is on its way to see whether the trouble is over. */
  isProbing: boolean;
}

/**
 * Remembers by key which ways are in trouble, so that the next message takes another one at once.
 * When the time is over one message tries; the others go on around until it has arrived.
 */
export class Breaker {
  readonly #circuits = new Map<string, Circuit>();
  readonly #options: Required<BreakerOptions>;

  constructor(options: BreakerOptions = {}) {
    this.#options = { ...usual, ...options };
  }

  /**
   * Whether a message may go now where all of these lead. A yes after a trouble makes it the one
   * that tries.
   */
  enter(keys: readonly string[], now: Date): boolean {
    const troubled = keys.flatMap((key) => {
      const circuit = this.#circuits.get(key);
      return circuit?.open ? [circuit] : [];
    });
    if (troubled.some((circuit) => circuit.isProbing || (circuit.open?.until ?? now) > now)) {
      return false;
    }
    for (const circuit of troubled) {
      circuit.isProbing = true;
    }
    return true;
  }

  /** Says that a message which may have been the one that tries has told nothing of this way. */
  release(key: string): void {
    const circuit = this.#circuits.get(key);
    if (circuit) {
      circuit.isProbing = false;
    }
  }

  /** Notes how a message went. @returns the circuit when this has closed the way */
  note(key: string, outcome: SendOutcome, now: Date): OpenCircuit | null {
    const circuit = this.#circuits.get(key) ?? { troubles: 0, open: null, isProbing: false };
    this.#circuits.set(key, circuit);
    const wasProbing = circuit.isProbing;
    circuit.isProbing = false;
    if (outcome.outcome === 'rejected' && outcome.scope === 'account') {
      return this.#open(circuit, outcome.error, this.#options.accountCoolMs, now);
    }
    if (!isTrouble(outcome)) {
      circuit.troubles = 0;
      circuit.open = null;
      return null;
    }
    circuit.troubles += 1;
    if (circuit.troubles < this.#options.threshold && !wasProbing) {
      return null;
    }
    const reason = outcome.outcome === 'rejected' ? outcome.error : 'no-answer';
    return this.#open(circuit, reason, this.#options.coolMs, now);
  }

  /** Ways that are closed, for people who look. */
  open(now: Date): { key: string; circuit: OpenCircuit }[] {
    return [...this.#circuits].flatMap(([key, { open }]) =>
      open && open.until > now ? [{ key, circuit: open }] : [],
    );
  }

  #open(circuit: Circuit, reason: OpenCircuit['reason'], ms: number, now: Date): OpenCircuit {
    circuit.open = { reason, until: new Date(now.getTime() + ms) };
    return circuit.open;
  }
}

/** A refusal of one message says nothing about the next. */
function isTrouble(outcome: SendOutcome): outcome is Exclude<SendOutcome, { outcome: 'accepted' }> {
  return (
    outcome.outcome === 'unknown' ||
    (outcome.outcome === 'rejected' && outcome.scope === 'provider')
  );
}

/** Whether a refusal concerns one template, not the whole account. */
export function isOfTemplate(outcome: Rejected): boolean {
  return outcome.error === 'template-missing' || outcome.error === 'template-args';
}
