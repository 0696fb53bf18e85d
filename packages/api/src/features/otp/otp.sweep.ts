import type { App } from '../../app.ts';
import { after, day, hour, minute } from '../../kernel/duration.ts';
import { countSent, deleteBudgets, deleteChallenges } from './otp.repository.ts';

/** The limits look back one day; the rest is for whoever asks what happened yesterday. */
const keptDays = 2;

/** Forgets codes that can neither be used nor counted. @returns how many */
export async function forgetOldChallenges({ db, deps }: App): Promise<number> {
  const now = deps.clock.now();
  await deleteBudgets(db, now);
  return deleteChallenges(db, after(now, -keptDays * day));
}

/** Fewer codes than this say nothing about how many are used. */
const telling = 50;

/**
 * Warns when few of the codes of the last hour were used: somebody may be having SMS sent for the
 * money in them (SMS pumping). Codes of the last ten minutes may still be used and do not count.
 */
export async function watchConversion({ db, deps, config }: App): Promise<void> {
  const to = after(deps.clock.now(), -10 * minute);
  const { sent, used } = await countSent(db, { from: after(to, -hour), to });
  if (sent >= telling && used / sent < config.smsBudget.conversionFloor) {
    deps.log.warn({ sent, used }, 'few of the login codes sent are used');
  }
}
