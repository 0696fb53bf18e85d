import { expect, test } from 'vitest';
import { decideRequest } from './friend.rules.ts';

test.for([
  { standing: { areFriends: false, pending: null }, expected: { do: 'create' } },
  {
    standing: { areFriends: true, pending: null },
    expected: { do: 'refuse', reason: 'friends' },
  },
  {
    standing: { areFriends: false, pending: { id: 'r', senderId: 'me' } },
    expected: { do: 'refuse', reason: 'requested', requestId: 'r' },
  },
  {
    standing: { areFriends: false, pending: { id: 'r', senderId: 'other' } },
    expected: { do: 'accept', requestId: 'r' },
  },
])('$standing becomes $expected', ({ standing, expected }) => {
  expect(decideRequest(standing, 'me')).toEqual(expected);
});
