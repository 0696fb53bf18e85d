import type { App } from '../../app.ts';
import { after, day, second } from '../../kernel/duration.ts';
import { deleteOldSessions } from './session.repository.ts';

/** An old refresh token that comes back within so long is still recognised as one. */
const keptDays = 90;

/** Forgets sessions that are long over, with their addresses and devices. @returns how many */
export function forgetOldSessions({ db, deps, config }: App): Promise<number> {
  const endedBefore = after(deps.clock.now(), -keptDays * day);
  const begunBefore = after(endedBefore, -config.session.refreshAbsoluteSeconds * second);
  return deleteOldSessions(db, { endedBefore, begunBefore });
}
