import { expect, test } from 'vitest';
import { decideRequest } from './friend.rules.ts';

test.for([
  { standing: { blockedBy: [], areFriends: false, pending: null }, expected: { do: 'create' } },
  {
    standing: { blockedBy: [], areFriends: true, pending: null },
    expected: { do: 'refuse', reason: 'friends' },
  },
  {
    standing: { blockedBy: [], areFriends: false, pending: { id: 'r', senderId: 'me' } },
    expected: { do: 'refuse', reason: 'requested', requestId: 'r' },
  },
  {
    standing: { blockedBy: [], areFriends: false, pending: { id: 'r', senderId: 'other' } },
    expected: { do: 'accept', requestId: 'r' },
  },
  {
    standing: { blockedBy: ['me'], areFriends: false, pending: null },
    expected: { do: 'refuse', reason: 'blocked' },
  },
  {
    standing: { blockedBy: ['other'], areFriends: false, pending: null },
    expected: { do: 'refuse', reason: 'hidden' },
  },
  {
    standing: { blockedBy: ['other', 'me'], areFriends: false, pending: null },
    expected: { do: 'refuse', reason: 'blocked' },
  },
])('$standing becomes $expected', ({ standing, expected }) => {
  expect(decideRequest(standing, 'me')).toEqual(expected);
});
