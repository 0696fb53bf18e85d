import { createServer } from 'node:net';
import { isAppError } from '@chapar/api';
import { ConfigError, type Config } from './env.ts';

/**
 * Fails early, before a database is started, when somebody else listens on the port already.
 *
 * @throws ConfigError saying so
 */
export async function requireFreePort({ host, port }: Config): Promise<void> {
  if (port === 0) {
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => reject(new ConfigError(explainStartError(error))));
    probe.listen({ host, port }, () => probe.close(() => resolve()));
  });
}

const explanations: Record<string, (where: string, message: string) => string> = {
  EADDRINUSE: (where) => `PORT:${where} is taken; stop what listens there, or set another PORT.`,
  EACCES: (where) => `PORT:${where} needs rights that this user lacks; set a PORT above 1023.`,
  EADDRNOTAVAIL: (_, message) => `HOST: there is no such address here (${message}).`,
  ENOTFOUND: (_, message) => `HOST or DATABASE_URL: there is no such address (${message}).`,
  ECONNREFUSED: silent,
  ETIMEDOUT: silent,
  EHOSTUNREACH: silent,
  '28P01': () => 'DATABASE_URL: PostgreSQL refuses the user or the password.',
  '28000': () => 'DATABASE_URL: PostgreSQL refuses the user or the password.',
  '3D000': (_, message) => `DATABASE_URL: ${message}; create it first.`,
  '42501': (_, message) => `DATABASE_URL: the user may not do what migrations need (${message}).`,
};

/** One line that says what is wrong and how to mend it. */
export function explainStartError(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  if (isWeakPassword(error)) {
    return 'FIRST_ADMIN_PASSWORD: is too short or too easy to guess; choose another.';
  }
  if ('path' in error) {
    return `DATA_DIR: cannot be used (${error.message}); choose another folder.`;
  }
  const code = 'code' in error ? String(error.code) : '';
  const explain = explanations[code];
  if (explain) {
    return explain(placeOf(error), error.message);
  }
  if (error.message.includes('timeout exceeded when trying to connect')) {
    return 'DATABASE_URL: PostgreSQL does not answer within 5 s.';
  }
  return error.message || code;
}

function isWeakPassword(error: Error): boolean {
  return isAppError(error) && error.appCode === 'PASSWORD_WEAK';
}

function silent(where: string): string {
  return (
    `DATABASE_URL: no PostgreSQL answers at${where}; ` +
    'start it, or unset DATABASE_URL for the embedded one.'
  );
}

/** Network errors carry the address in fields of their own; several tries come as one error. */
function placeOf(error: Error): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(first instanceof Error) || !('address' in first) || !('port' in first)) {
    return '';
  }
  return ` ${String(first.address)}:${String(first.port)}`;
}
