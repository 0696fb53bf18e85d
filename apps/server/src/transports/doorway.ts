/** So many are on their way from the door to being served at once. */
const mostInside = 64;
/** A peer that takes its time keeps nobody else outside for longer. */
const longestInsideMs = 100;
/** New connections go first, but all of them together hold nobody up for longer. */
const longestHoldMs = 2;
/** All sockets that a node is made for, once. */
const mostWaiting = 10_000;

/** Somebody who waits to be let in. */
interface Guest {
  ip: string;
  letIn: (served: () => void) => void;
}

/**
 * Where upgrades wait until they become sockets. The event loop takes one new connection a turn, and a
 * socket that comes back is as much work as a handful of calls: when thousands come together, whoever
 * calls over a new connection would stand behind them all. So sockets are let in one by one, in the
 * order in which they came, a few at once, and in turns that bring no new connection.
 */
export class Doorway {
  #guests: Guest[] = [];
  /** Of the guests, the first that waits. */
  #next = 0;
  readonly #byAddress = new Map<string, number>();
  #inside = 0;
  #letInAt = 0;
  #isBusy = false;
  #isLookPlanned = false;

  /** Nobody else may wait. */
  get isFull(): boolean {
    return this.#size >= mostWaiting;
  }

  /** How many of an address wait. */
  waiting(ip: string): number {
    return this.#byAddress.get(ip) ?? 0;
  }

  /** To be called with each new connection, whatever it is for. */
  readonly noteConnection = (): void => {
    this.#isBusy = true;
  };

  /**
   * Has somebody wait.
   *
   * @param letIn is called once, when it is their turn; it calls `served` when that is done, or in vain
   */
  wait(ip: string, letIn: (served: () => void) => void): void {
    this.#guests.push({ ip, letIn });
    this.#byAddress.set(ip, this.waiting(ip) + 1);
    this.#planLook();
  }

  /** Has everybody's turn come. */
  clear(): void {
    while (this.#size > 0) {
      this.#letOneIn();
    }
  }

  get #size(): number {
    return this.#guests.length - this.#next;
  }

  #planLook(): void {
    if (!this.#isLookPlanned && this.#size > 0 && this.#inside < mostInside) {
      this.#isLookPlanned = true;
      // When the connections of this turn are known.
      setImmediate(this.#look);
    }
  }

  readonly #look = (): void => {
    this.#isLookPlanned = false;
    const now = performance.now();
    const isHeldUp = this.#isBusy && now - this.#letInAt < longestHoldMs;
    this.#isBusy = false;
    if (!isHeldUp && this.#size > 0) {
      this.#letInAt = now;
      this.#letOneIn();
    }
    this.#planLook();
  };

  #letOneIn(): void {
    const guest = this.#guests[this.#next];
    if (!guest) {
      return;
    }
    this.#next += 1;
    if (this.#next * 2 > this.#guests.length) {
      this.#guests = this.#guests.slice(this.#next);
      this.#next = 0;
    }
    const left = this.waiting(guest.ip) - 1;
    if (left > 0) {
      this.#byAddress.set(guest.ip, left);
    } else {
      this.#byAddress.delete(guest.ip);
    }
    this.#inside += 1;
    let isInside = true;
    const served = (): void => {
      if (isInside) {
        isInside = false;
        clearTimeout(timer);
        this.#inside -= 1;
        this.#planLook();
      }
    };
    const timer = setTimeout(served, longestInsideMs);
    timer.unref();
    guest.letIn(served);
  }
}
