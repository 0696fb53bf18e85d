import { expect, test } from 'vitest';
import { decideSend, directKeyOf, isSameMessage } from './chat.rules.ts';

test('only members who are friends may write', () => {
  expect(decideSend({ isMember: true, areFriends: true })).toEqual({ do: 'send' });
  expect(decideSend({ isMember: true, areFriends: false })).toEqual({
    do: 'refuse',
    reason: 'not-friends',
  });
  expect(decideSend({ isMember: false, areFriends: true })).toEqual({
    do: 'refuse',
    reason: 'not-found',
  });
  expect(decideSend({ isMember: false, areFriends: false })).toEqual({
    do: 'refuse',
    reason: 'not-found',
  });
});

test('a repeat is the same sender, conversation and text', () => {
  const stored = { senderId: 's', conversationId: 'c', text: 't' };
  expect(isSameMessage(stored, { ...stored })).toBe(true);
  expect(isSameMessage(stored, { ...stored, senderId: 'x' })).toBe(false);
  expect(isSameMessage(stored, { ...stored, conversationId: 'x' })).toBe(false);
  expect(isSameMessage(stored, { ...stored, text: 'x' })).toBe(false);
});

test('two people have one key in either direction', () => {
  expect(directKeyOf('b', 'a')).toBe(directKeyOf('a', 'b'));
});
