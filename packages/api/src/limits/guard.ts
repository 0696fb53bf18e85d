import { createHash } from 'node:crypto';
import type { App } from '../app.ts';
import type { Connection } from '../call.ts';
import { AppError } from '../errors.ts';
import { networkOf } from '../kernel/address.ts';
import type { Budget } from './limiter.ts';

/** What a budget is counted by. */
export type LimitedBy = 'address' | 'device' | 'user';

/** A budget as a router declares it. */
export interface DeclaredBudget extends Budget {
  /** Kept in PostgreSQL, so that neither a restart nor the loss of Redis gives it back. */
  isDurable?: boolean;
}

/** The budgets of one procedure. Every one can be replaced by configuration, by its name. */
export type DeclaredLimits = Partial<Record<LimitedBy, DeclaredBudget>>;

/** The name of a budget, such as `otp.request:address`. */
export function limitName(path: string, by: LimitedBy): string {
  return `${path}:${by}`;
}

/**
 * Who is counted. What is not known is not counted: the address always is. A device is counted by
 * the hash of its key, so that who reads the counters cannot pass for it.
 */
export function subjectsOf({ ip, deviceKey }: Connection): { address: string; device?: string } {
  const address = networkOf(ip);
  if (deviceKey === null) {
    return { address };
  }
  return { address, device: createHash('sha256').update(deviceKey).digest('base64url') };
}

/**
 * Counts a call against the budgets of its procedure, before anything else is looked at.
 *
 * @throws AppError `RATE_LIMITED`
 */
export async function spendLimits(
  app: App,
  path: string,
  limits: DeclaredLimits,
  subjects: Partial<Record<LimitedBy, string>>,
): Promise<void> {
  const spends = (['address', 'device', 'user'] as const).flatMap((by) => {
    const declared = limits[by];
    const subject = subjects[by];
    return declared && subject !== undefined
      ? [spendOne(app, { path, by, subject }, declared)]
      : [];
  });
  const refused = (await Promise.all(spends)).filter(({ allowed }) => !allowed);
  if (refused.length > 0) {
    const retryAfterSeconds = Math.max(...refused.map((spent) => spent.retryAfterSeconds));
    throw new AppError('RATE_LIMITED', { data: { retryAfterSeconds } });
  }
}

function spendOne(
  app: App,
  { path, by, subject }: { path: string; by: LimitedBy; subject: string },
  declared: DeclaredBudget,
) {
  const name = limitName(path, by);
  const { overrides, addressFactor } = app.config.limits;
  const factor = by === 'address' ? addressFactor : 1;
  const budget = overrides.get(name) ?? { ...declared, most: declared.most * factor };
  const limiter = declared.isDurable ? app.limiters.durable : app.limiters.shared;
  return limiter.spend(`${name}:${subject}`, budget);
}
