import { isAppError } from '@chapar/api';

/** RFC 9110, section 10.2.3: the longest of the waits that the errors of a batch name. */
export function retryAfter(errors: readonly unknown[]): Record<string, string> {
  const waits = errors.flatMap((error) => {
    const data: unknown = isAppError(error) ? error.data : undefined;
    if (typeof data !== 'object' || data === null || !('retryAfterSeconds' in data)) {
      return [];
    }
    return typeof data.retryAfterSeconds === 'number' ? [data.retryAfterSeconds] : [];
  });
  return waits.length > 0 ? { 'retry-after': String(Math.max(...waits)) } : {};
}
