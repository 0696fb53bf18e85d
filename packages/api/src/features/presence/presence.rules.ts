import type { PresenceVisibility } from '@chapar/contract';
import { minute } from '../../kernel/duration.ts';

/** How the one who looks and the one who is looked at stand to each other. */
export interface Standing {
  isSelf: boolean;
  areFriends: boolean;
  /** To whom the one who looks shows themselves. */
  viewerShows: PresenceVisibility;
  /** To whom the one who is looked at does. */
  personShows: PresenceVisibility;
}

/** Decides whether somebody may see another's presence. Who hides from everybody sees nobody. */
export function maySee({ isSelf, areFriends, viewerShows, personShows }: Standing): boolean {
  if (isSelf) {
    return true;
  }
  if (viewerShows === 'nobody' || personShows === 'nobody') {
    return false;
  }
  return personShows === 'everyone' || areFriends;
}

/** An instant for others to see: the minute in which it lies, ISO 8601. */
export function roundSeen(at: Date): string {
  return new Date(Math.floor(at.getTime() / minute) * minute).toISOString();
}
