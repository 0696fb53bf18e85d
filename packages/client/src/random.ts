interface RandomSource {
  getRandomValues?(bytes: Uint8Array): Uint8Array;
}

/**
 * Bytes of the platform's secure random source. Null where there is none, as in React Native
 * without a polyfill.
 */
export function secureBytes(count: number): Uint8Array | null {
  const { crypto } = globalThis as { crypto?: RandomSource };
  return crypto?.getRandomValues?.(new Uint8Array(count)) ?? null;
}
