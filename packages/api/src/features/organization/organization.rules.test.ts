import { describe, expect, test } from 'vitest';
import {
  decideAct,
  decideCreate,
  decideLeave,
  decideRemoveMember,
  decideRoom,
  decideSetRole,
  decideTransfer,
  isSameOrganization,
  type Place,
} from './organization.rules.ts';

const most = { members: 3, perUser: 2 };

/** What a decision comes to, in a word. */
function wordOf(decision: { do: string; reason?: string }): string {
  return decision.reason ?? decision.do;
}

test.each([
  [{ ownsOne: false, organizations: 0 }, 'create'],
  [{ ownsOne: false, organizations: 1 }, 'create'],
  [{ ownsOne: false, organizations: 2 }, 'too-many'],
  [{ ownsOne: true, organizations: 1 }, 'owner-has-one'],
  [{ ownsOne: true, organizations: 2 }, 'owner-has-one'],
])('who has %o and creates: %s', (mine, expected) => {
  expect(wordOf(decideCreate(mine, most))).toBe(expected);
});

test.each([
  [{ members: 1, organizations: 0 }, 'add'],
  [{ members: 2, organizations: 1 }, 'add'],
  [{ members: 3, organizations: 0 }, 'full'],
  [{ members: 3, organizations: 2 }, 'full'],
  [{ members: 1, organizations: 2 }, 'too-many'],
])('room for one more where there are %o: %s', (room, expected) => {
  expect(wordOf(decideRoom(room, most))).toBe(expected);
});

const stranger: Place = undefined;

describe('what takes a role', () => {
  test.each([
    [stranger, 'member', 'not-found'],
    [stranger, 'owner', 'not-found'],
    ['member', 'member', 'act'],
    ['member', 'admin', 'right-missing'],
    ['member', 'owner', 'right-missing'],
    ['admin', 'admin', 'act'],
    ['admin', 'owner', 'right-missing'],
    ['owner', 'member', 'act'],
    ['owner', 'owner', 'act'],
  ] as const)('%s does what %s may: %s', (mine, least, expected) => {
    expect(wordOf(decideAct(mine, least))).toBe(expected);
  });
});

describe('taking somebody out', () => {
  test.each([
    [stranger, 'member', 'not-found'],
    ['member', 'member', 'right-missing'],
    ['member', stranger, 'right-missing'],
    ['admin', stranger, 'member-not-found'],
    ['admin', 'member', 'remove'],
    ['admin', 'admin', 'rank'],
    ['admin', 'owner', 'rank'],
    ['owner', 'member', 'remove'],
    ['owner', 'admin', 'remove'],
    ['owner', 'owner', 'rank'],
    ['owner', stranger, 'member-not-found'],
  ] as const)('%s takes %s out: %s', (mine, theirs, expected) => {
    expect(wordOf(decideRemoveMember(mine, theirs))).toBe(expected);
  });
});

describe('giving a role', () => {
  test.each([
    [stranger, 'member', 'admin', 'not-found'],
    ['member', 'member', 'admin', 'right-missing'],
    ['admin', 'member', 'admin', 'right-missing'],
    ['owner', stranger, 'admin', 'member-not-found'],
    ['owner', 'owner', 'member', 'rank'],
    ['owner', 'member', 'admin', 'set'],
    ['owner', 'admin', 'member', 'set'],
    ['owner', 'admin', 'admin', 'nothing'],
    ['owner', 'member', 'member', 'nothing'],
  ] as const)('%s makes %s a(n) %s: %s', (mine, theirs, role, expected) => {
    expect(wordOf(decideSetRole(mine, theirs, role))).toBe(expected);
  });
});

describe('passing on', () => {
  test.each([
    [stranger, 'member', false, 'not-found'],
    ['member', 'member', false, 'right-missing'],
    ['admin', 'member', false, 'right-missing'],
    ['owner', stranger, false, 'member-not-found'],
    ['owner', 'owner', true, 'nothing'],
    ['owner', 'member', true, 'owner-has-one'],
    ['owner', 'member', false, 'transfer'],
    ['owner', 'admin', false, 'transfer'],
  ] as const)('%s passes to %s (owns one: %s): %s', (mine, theirs, ownsOne, expected) => {
    expect(wordOf(decideTransfer(mine, theirs, ownsOne))).toBe(expected);
  });
});

test.each([
  [stranger, 'not-found'],
  ['member', 'leave'],
  ['admin', 'leave'],
  ['owner', 'owner-stays'],
] as const)('%s goes: %s', (mine, expected) => {
  expect(wordOf(decideLeave(mine))).toBe(expected);
});

test('a second create is the same only in everything', () => {
  const stored = { ownerId: 'sara', name: 'Chapar', handle: 'chapar' };
  expect(isSameOrganization(stored, { ...stored })).toBe(true);
  for (const other of [{ ownerId: 'reza' }, { name: 'Other' }, { handle: 'other' }]) {
    expect(isSameOrganization(stored, { ...stored, ...other })).toBe(false);
  }
});
