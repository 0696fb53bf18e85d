const refreshBeforeMs = 30_000;

/**
 * How long the token still lives that this client got itself last; of any other it is unknown. By the
 * monotonic clock: the device's date may be wrong or jump.
 */
export class TokenLife {
  #accessToken: string | null = null;
  #endsAt = 0;
  #ms = 0;

  /** The token that it is known of. */
  get accessToken(): string | null {
    return this.#accessToken;
  }

  begin(accessToken: string, seconds: number): void {
    this.#accessToken = accessToken;
    this.#ms = seconds * 1000;
    this.#endsAt = performance.now() + this.#ms;
  }

  forget(): void {
    this.#accessToken = null;
  }

  /** What is left of a token's life, and how long it was, where that is known. */
  of(accessToken: string): { ms: number; of: number } | null {
    return accessToken === this.#accessToken
      ? { ms: this.#endsAt - performance.now(), of: this.#ms }
      : null;
  }

  /** Whether the token should be changed for a new one before it is used. */
  isExpiring(accessToken: string): boolean {
    const left = this.of(accessToken);
    return left !== null && left.ms < Math.min(refreshBeforeMs, left.of / 2);
  }

  /** Whether the token is known to be of no use any more. */
  isExpired(accessToken: string): boolean {
    return (this.of(accessToken)?.ms ?? 1) <= 0;
  }
}
