/** One who waits for something to do. */
export class Wake {
  #wake: (() => void) | null = null;

  /** Somebody may be waiting: they look again. */
  call(): void {
    this.#wake?.();
  }

  /** Resolves when called, or when the signal is aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#wake = null;
        resolve();
      };
      signal.addEventListener('abort', done);
      this.#wake = done;
    });
  }
}
