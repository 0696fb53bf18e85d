import type { App } from './app.ts';
import { erasePeople } from './erase.ts';
import { forgetOldAudit } from './features/audit/index.ts';
import {
  forgetOldReports,
  forgetRemovedConversations,
  indexMessages,
} from './features/chat/index.ts';
import { forgetOldChallenges, watchConversion } from './features/otp/index.ts';
import { forgetOldTries } from './features/password/index.ts';
import { forgetLostPresences } from './features/presence/index.ts';
import { forgetOldSessions } from './features/session/index.ts';
import { forgetOldSms, reviveStuckSms, watchCredit } from './features/sms/index.ts';
import { forgetOldEvents, preparePartitions } from './features/stream/index.ts';
import { forgetExpiredLimits } from './limits/postgres-limiter.ts';

/** How many rows of each kind a sweep has removed. */
export interface Swept {
  events: number;
  challenges: number;
  limits: number;
  tries: number;
  audit: number;
  sessions: number;
  sms: number;
  presences: number;
  reports: number;
  conversations: number;
  people: number;
}

/** Removes what nobody can need any more, so that no table grows for ever. Safe to run anywhere. */
export async function sweep(app: App): Promise<Swept> {
  await preparePartitions(app).catch((error: unknown) => {
    app.deps.log.warn({ err: error }, 'partitions of the live log could not be made; tried again');
  });
  await watchConversion(app);
  const swept = {
    events: await forgetOldEvents(app),
    challenges: await forgetOldChallenges(app),
    // The limiter's library counts by the machine's own clock.
    limits: await forgetExpiredLimits(app.db, new Date()),
    tries: await forgetOldTries(app),
    audit: await forgetOldAudit(app),
    sessions: await forgetOldSessions(app),
    sms: await forgetOldSms(app),
    presences: await forgetLostPresences(app),
    reports: await forgetOldReports(app),
    conversations: await forgetRemovedConversations(app),
    people: await erasePeople(app),
  };
  await reviveStuckSms(app);
  await indexMessages(app);
  // Last, because it waits for others.
  await watchCredit(app);
  return swept;
}
