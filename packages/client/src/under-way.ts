import { atMost } from './backoff.ts';

/** So long a login is waited for. */
const loginWithinMs = 5_000;

/** The logins and sign-outs that are not answered yet. */
export class UnderWay {
  #signOuts = 0;
  /** Settled when no login is under way. */
  #logins: Promise<unknown> = Promise.resolve();

  /** Until `done`, a login is under way. */
  login(done: Promise<void>): void {
    this.#logins = Promise.all([this.#logins, done]);
  }

  /** Until `done`, whatever ends the session is the sign-out. */
  signOut(done: Promise<void>): void {
    this.#signOuts += 1;
    void done.then(() => {
      this.#signOuts -= 1;
    });
  }

  get isSigningOut(): boolean {
    return this.#signOuts > 0;
  }

  /**
   * Waits for the logins, but only for some seconds. One that hangs is not broken off, since its code
   * may be used up: whenever it is answered, it counts.
   */
  loggedIn(): Promise<void> {
    return atMost(this.#logins, loginWithinMs);
  }
}
