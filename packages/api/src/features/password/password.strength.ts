import type { PasswordWeakness } from '@chapar/contract';
import type { App } from '../../app.ts';
import { AppError } from '../../errors.ts';
import { isCommonPassword } from './password.common.ts';
import { weaknesses } from './password.rules.ts';

/** Whom a password must not be made of. */
export interface PasswordOwner {
  phone?: string | null;
  email?: string | null;
  firstName?: string | null;
  lastName?: string | null;
}

/**
 * Refuses passwords that are guessed first (OWASP ASVS 5.0, 6.2).
 *
 * @throws AppError `PASSWORD_WEAK` with what is weak about it
 */
export async function requireStrong(
  { config, deps }: App,
  password: string,
  owner: PasswordOwner,
): Promise<void> {
  const { minLength, maxLength } = config.password;
  const { phone, email, firstName, lastName } = owner;
  const fullName = [firstName, lastName].filter(Boolean).join(' ');
  const about = [config.productName, phone, email, firstName, lastName, fullName];
  const found: PasswordWeakness[] = weaknesses(password, {
    minLength,
    maxLength,
    isCommon: isCommonPassword,
    about: about.filter((word) => word !== null && word !== undefined),
  });
  if (found.length === 0 && deps.breaches && (await deps.breaches.count(password)) > 0) {
    found.push('breached');
  }
  if (found.length > 0) {
    throw new AppError('PASSWORD_WEAK', { data: { weaknesses: found } });
  }
}
