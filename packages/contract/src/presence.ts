import { z } from 'zod';
import { idSchema } from './id.ts';

/** Most people whom one subscription watches. */
export const mostWatched = 200;

const longestEventId = 19;

/** Whom to watch; who is named twice is watched once. */
export const presenceInputSchema = z.strictObject({
  userIds: z
    .array(idSchema)
    .min(1)
    .max(mostWatched)
    .transform((ids) => [...new Set(ids)]),
  /** Comes with a reconnect. There is nothing to go on from: every subscription begins anew. */
  lastEventId: z
    .string()
    .regex(/^[0-9]+$/)
    .max(longestEventId)
    .nullish(),
});

/**
 * What somebody may see of somebody's presence. Who may see nothing, and who asks for nobody there is,
 * gets `isOnline: false` and `lastSeenAt: null`.
 */
export interface PresenceView {
  userId: string;
  isOnline: boolean;
  /** Cut down to the minute, ISO 8601. Null for who is online. */
  lastSeenAt: string | null;
}

/** A value of `presence.onChange`; never stored, never replayed. */
export type PresenceEvent =
  /** The first value: everybody who is watched. It comes again after a reconnect. */
  | { type: 'presence.snapshot'; people: PresenceView[] }
  /** How somebody is now. What they were in between may be left out. */
  | ({ type: 'presence.changed' } & PresenceView);
