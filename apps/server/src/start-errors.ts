import { createServer } from 'node:net';
import { ConfigError, type Config } from './env.ts';

/**
 * Fails early, before a database is started, when somebody else listens on the port already.
 *
 * @throws ConfigError saying so
 */
export async function requireFreePort({ host, port }: Config): Promise<void> {
  if (port === 0) return;
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => reject(new ConfigError(explainStartError(error))));
    probe.listen({ host, port }, () => probe.close(() => resolve()));
  });
}

/** One line that says what is wrong and how to mend it. */
export function explainStartError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  const detail = 'address' in error && 'port' in error ? ` ${String(error.address)}:${String(error.port)}` : '';
  switch (code) {
    case 'EADDRINUSE':
      return `PORT:${detail} is taken; stop what listens there, or set another PORT.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST or DATABASE_URL: there is no such address (${error.message}).`;
    case 'EACCES':
      return `PORT:${detail} needs rights that this user does not have; set a PORT above 1023.`;
    case 'ECONNREFUSED':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
      return `DATABASE_URL: no PostgreSQL answers at${detail}; start it, or unset DATABASE_URL for the embedded one.`;
    case '28P01':
    case '28000':
      return 'DATABASE_URL: PostgreSQL refuses the user or the password.';
    case '3D000':
      return `DATABASE_URL: ${error.message}; create it first.`;
    case '42501':
      return `DATABASE_URL: the user may not do what migrations need (${error.message}).`;
    default:
      if (error.message.includes('timeout exceeded when trying to connect')) {
        return 'DATABASE_URL: PostgreSQL does not answer within 5 s.';
      }
      return error.message || code;
  }
}
