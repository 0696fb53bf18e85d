import type { App } from '../../app.ts';
import { after, day } from '../../kernel/duration.ts';
import { deleteChallenges } from './otp.repository.ts';

/** The limits look back one day; the rest is for whoever asks what happened yesterday. */
const keptDays = 2;

/** Forgets codes that can neither be used nor counted. @returns how many */
export function forgetOldChallenges(app: App): Promise<number> {
  return deleteChallenges(app.db, after(app.deps.clock.now(), -keptDays * day));
}
