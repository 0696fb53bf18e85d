/**
 * Why the embedded database could not be started.
 *
 * - `IN_USE`: another live process owns the folder.
 * - `CANNOT_RUN`: this machine or user cannot run the binaries (root without a way to drop it, missing libraries).
 * - `START_FAILED`: initdb or postgres said no; the message carries its last meaningful log line.
 * - `UNSUPPORTED_PLATFORM`: no binaries exist for this operating system or processor.
 */
export type EmbeddedPostgresErrorCode =
  | 'IN_USE'
  | 'CANNOT_RUN'
  | 'START_FAILED'
  | 'UNSUPPORTED_PLATFORM';

/** The only error `startEmbeddedPostgres` rejects with; `message` is one line: what is wrong, and how to fix it. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
  readonly code: EmbeddedPostgresErrorCode;

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message.replaceAll(/\s*\n\s*/g, ' '), options);
    this.code = code;
  }
}

/** The `code` of a Node system error (`ENOENT`, `EACCES`, …), or undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) {
    return undefined;
  }
  return typeof error.code === 'string' ? error.code : undefined;
}
