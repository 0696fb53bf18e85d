import type { Device, Login } from '@chapar/contract';
import type { Call } from '../../call.ts';
import { isConflict } from '../../database/conflict.ts';
import { createLiveEvent } from '../../realtime/live-event.ts';
import { toAuditRow } from '../audit/index.ts';
import { firstPair, newSession, notesOfStart, roomFor, type Replaced } from '../session/index.ts';
import { toMe } from '../user/index.ts';
import { countersOf } from './otp.budget.ts';
import { enterOnce, type FoundEntry, type PlannedEntry } from './otp.enter.repository.ts';
import type { RightCode } from './otp.redeem.ts';

/** What is planned first: that no session ends. What has to end is known after that. */
const plans = 2;

/**
 * Signs in by a right code in one statement, as somebody whose account is open: by far the most
 * logins. What would be written is planned by the same rules as in a transaction, on the guess that no
 * session has to end; a wrong guess is told, changes nothing, and is planned once more.
 *
 * @returns null when it is anything else, or somebody else is at it: then nothing has changed
 */
export async function enterAtOnce(
  call: Call,
  right: RightCode,
  { kind, device }: { kind: string; device: Device | undefined },
): Promise<Login | null> {
  const session = newSession(call, device);
  const fixed = {
    challengeId: right.challengeId,
    contact: right.contact,
    kind,
    session,
    room: roomFor(call),
    counters: right.contact.channel === 'sms' ? countersOf(call) : [],
  };
  let replaced: readonly Replaced[] = [];
  for (let plan = 1; plan <= plans; plan += 1) {
    const notes = notesOfStart(session, 'otp', replaced);
    const events = notes.events.map(({ type, body }) => ({ type, body: JSON.stringify(body) }));
    const found = await tryOnce(call, {
      ...fixed,
      ending: replaced,
      entries: notes.entries.map((note) => toAuditRow(call, note)),
      events,
    });
    if (!found) {
      return null;
    }
    if (found.before !== null) {
      publish(call, found, events);
      const pair = firstPair(call, found.user.id, session);
      return { ...pair, user: toMe(found.user), isNewUser: false, isRestored: false };
    }
    replaced = found.judged ?? [];
  }
  return null;
}

const lockTimeout = '55P03';

/** A statement that failed for what others do has changed nothing: it can be done the long way. */
async function tryOnce({ app }: Call, plan: PlannedEntry): Promise<FoundEntry | undefined> {
  try {
    return await enterOnce(app.hot, plan);
  } catch (error) {
    const isLocked = error instanceof Error && 'code' in error && error.code === lockTimeout;
    if (isLocked || isConflict(error)) {
      return undefined;
    }
    throw error;
  }
}

/** Tells the hub of what was written. */
function publish(
  { app, now }: Call,
  { user: { id: streamId }, before }: FoundEntry,
  events: readonly { type: string; body: string }[],
): void {
  const at = now.toISOString();
  const first = Number(before) + 1;
  app.deps.hub.publish(
    events.map((event, index) => createLiveEvent({ ...event, streamId, at, seq: first + index })),
  );
}
