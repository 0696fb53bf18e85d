import { expect, test } from 'vitest';
import { maySee, roundSeen } from './presence.rules.ts';

test.for([
  // personShows, viewerShows, whether a stranger sees it, whether a friend does
  ['everyone', 'everyone', true, true],
  ['everyone', 'friends', true, true],
  ['everyone', 'nobody', false, false],
  ['friends', 'everyone', false, true],
  ['friends', 'friends', false, true],
  ['friends', 'nobody', false, false],
  ['nobody', 'everyone', false, false],
  ['nobody', 'friends', false, false],
  ['nobody', 'nobody', false, false],
] as const)(
  'who shows it to %s is seen by who shows it to %s: by a stranger %s, by a friend %s',
  ([personShows, viewerShows, byStranger, byFriend]) => {
    const standing = { isSelf: false, personShows, viewerShows };
    expect(maySee({ ...standing, areFriends: false })).toBe(byStranger);
    expect(maySee({ ...standing, areFriends: true })).toBe(byFriend);
    expect(maySee({ ...standing, areFriends: false, isSelf: true })).toBe(true);
  },
);

test.for([
  ['2026-11-20T08:00:00.000Z', '2026-11-20T08:00:00.000Z'],
  ['2026-11-20T08:00:59.999Z', '2026-11-20T08:00:00.000Z'],
  ['2026-11-20T08:01:00.000Z', '2026-11-20T08:01:00.000Z'],
  ['1969-12-31T23:59:59.999Z', '1969-12-31T23:59:00.000Z'],
] as const)('%s is shown as %s', ([at, shown]) => {
  expect(roundSeen(new Date(at))).toBe(shown);
});
