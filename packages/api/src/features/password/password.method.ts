import type { App } from '../../app.ts';
import { AppError } from '../../errors.ts';

/** @throws AppError `AUTH_METHOD_OFF` where people do not sign in by passwords */
export function requireOffered({ config }: App): void {
  if (!config.authMethods.includes('password')) {
    throw new AppError('AUTH_METHOD_OFF');
  }
}
