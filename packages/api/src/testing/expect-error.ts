import type { AppErrorCode, AppErrorData } from '@chapar/contract';
import { expect } from 'vitest';
import { isAppError } from '../errors.ts';

/** Expects a call to be refused with this code. @returns the error's public data */
export async function expectAppError<Code extends AppErrorCode>(
  call: Promise<unknown>,
  code: Code,
): Promise<AppErrorData<Code> | undefined> {
  const error: unknown = await call.then(
    (value) => new Error(`expected ${code}, got an answer: ${JSON.stringify(value)}`),
    (error_: unknown) => error_,
  );
  if (!isAppError(error)) {
    throw error;
  }
  expect(error.appCode).toBe(code);
  return error.data;
}

/** The codes of calls that were refused, and how many were not. */
export function tally(results: readonly PromiseSettledResult<unknown>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const result of results) {
    const name = result.status === 'fulfilled' ? 'ok' : nameOf(result.reason);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Runs `count` calls at once and waits for all of them. */
export function atOnce<T>(
  count: number,
  call: (index: number) => Promise<T>,
): Promise<PromiseSettledResult<T>[]> {
  return Promise.allSettled(Array.from({ length: count }, (_, index) => call(index)));
}

function nameOf(reason: unknown): string {
  return isAppError(reason) ? reason.appCode : String(reason);
}
