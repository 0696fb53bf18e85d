import type { App } from './app.ts';
import { forgetSpent } from './database/rate-limit.ts';
import { forgetOldChallenges } from './features/otp/index.ts';
import { forgetOldEvents } from './features/stream/index.ts';

/** How many rows of each kind a sweep has removed. */
export interface Swept {
  events: number;
  challenges: number;
  limits: number;
}

/** Removes what nobody can need any more, so that no table grows for ever. Safe to run anywhere. */
export async function sweep(app: App): Promise<Swept> {
  return {
    events: await forgetOldEvents(app),
    challenges: await forgetOldChallenges(app),
    limits: await forgetSpent(app.db, app.deps.clock.now()),
  };
}
