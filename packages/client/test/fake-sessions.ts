import type { TokenPair } from '../src/session.ts';
import { Refusal, type Faults } from './fake-faults.ts';

/** Tokens of a server: which ones are good, and the rules of refreshing them. */
export class FakeSessions {
  accessExpiresIn = 300;
  /** Who signs in next; null when the answers of logins are not to say. */
  userId: string | null = null;
  /** Every refresh that reached the server, by its attempt id. */
  readonly refreshes: { refreshToken: string; attemptId: string | undefined }[] = [];
  #issued = 0;
  /** Good access tokens with when they end and whose they are. */
  readonly #good = new Map<string, { endsAt: number; userId: string | null }>();
  #refreshToken = '';
  #refreshUserId: string | null = null;
  #lastAttempt: { from: string; attemptId: string | undefined; pair: TokenPair } | null = null;

  issue(userId = this.userId): TokenPair {
    this.#issued += 1;
    const pair = {
      accessToken: `access-${this.#issued}`,
      refreshToken: `refresh-${this.#issued}`,
      accessExpiresIn: this.accessExpiresIn,
    };
    const endsAt = performance.now() + this.accessExpiresIn * 1_000;
    this.#good.set(pair.accessToken, { endsAt, userId });
    this.#refreshToken = pair.refreshToken;
    this.#refreshUserId = userId;
    return pair;
  }

  /** All access tokens so far are refused from now on. */
  expire(): void {
    this.#good.clear();
  }

  isGood(token: string | null): boolean {
    return token !== null && this.#good.has(token);
  }

  userOf(token: string | null): string | null {
    return this.#good.get(token ?? '')?.userId ?? null;
  }

  /** Milliseconds. */
  lifeOf(token: string | null): number {
    return (this.#good.get(token ?? '')?.endsAt ?? 0) - performance.now();
  }

  refresh(
    faults: Faults,
    input: { refreshToken: string; attemptId?: string | undefined },
  ): TokenPair {
    const { refreshToken, attemptId } = input;
    this.refreshes.push({ refreshToken, attemptId });
    const refusal = faults.refuseRefresh();
    if (refusal) {
      const isTwin = refusal === 'SESSION_RETRY_WITH_CURRENT';
      throw new Refusal(refusal, isTwin ? 'CONFLICT' : 'UNAUTHORIZED');
    }
    const last = this.#lastAttempt;
    if (refreshToken === last?.from) {
      if (attemptId !== undefined && last.attemptId === attemptId) {
        return last.pair;
      }
      throw new Refusal('SESSION_RETRY_WITH_CURRENT', 'CONFLICT');
    }
    if (refreshToken !== this.#refreshToken) {
      throw new Refusal('SESSION_ENDED');
    }
    const pair = this.issue(this.#refreshUserId);
    this.#lastAttempt = { from: refreshToken, attemptId, pair };
    return pair;
  }
}
