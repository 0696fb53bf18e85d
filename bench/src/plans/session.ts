import { uuidV7 } from '../wire/ours.ts';
import { byItems, mutate, page, perPage, query, reading, writing, type PlanCall } from './call.ts';
import { changeCalls } from './changes.ts';
import type { Places } from './places.ts';

const sendsAtOnce = 16;

/** Everything that a client does in chat again and again. */
export function planCalls(places: Places): PlanCall[] {
  const { channel, group, groupSeq, groupMembers, direct, channelMembers, searched } = places;
  const cursorOf = (seq: number): string =>
    Buffer.from(JSON.stringify([seq])).toString('base64url');
  const middle = Math.floor(groupSeq / 2);
  const send =
    (conversationId: string, more: object = {}) =>
    () => ({
      conversationId,
      id: uuidV7(),
      text: 'A message of the plan check.',
      ...more,
    });
  const inGroup = { conversationId: group };
  return [
    // The list looks at all places of a member (1,000 at most) before it takes a page.
    {
      ...reading('chat.list', 'chat.list', { limit: page }),
      mostRows: () => 3 * 1_000 + byItems(page),
    },
    {
      name: 'chat.list, second page',
      mostRows: () => 3 * 1_000 + byItems(page),
      async make(session) {
        const first = (await query(session, 'chat.list', { limit: page })) as {
          nextCursor: string | null;
        };
        await query(session, 'chat.list', { limit: page, cursor: first.nextCursor });
        return page;
      },
    },
    reading('chat.get, direct', 'chat.get', { conversationId: direct }, 1),
    reading('chat.get, channel', 'chat.get', { conversationId: channel }, 1),
    reading('chat.listMessages, newest', 'chat.listMessages', {
      ...inGroup,
      limit: page,
      withPeople: true,
    }),
    reading('chat.listMessages, channel', 'chat.listMessages', {
      conversationId: channel,
      limit: page,
    }),
    reading('chat.listMessages, far back', 'chat.listMessages', {
      ...inGroup,
      limit: page,
      cursor: cursorOf(middle),
    }),
    reading('chat.listMessages, after', 'chat.listMessages', {
      ...inGroup,
      limit: page,
      afterSeq: middle,
    }),
    reading('chat.listMessages, around', 'chat.listMessages', {
      ...inGroup,
      limit: page,
      aroundSeq: middle,
    }),
    reading(
      'chat.getMessages',
      'chat.getMessages',
      { ...inGroup, seqs: [1, 2, 3, middle, groupSeq] },
      5,
    ),
    reading('chat.getReceipts, group', 'chat.getReceipts', { ...inGroup, seq: middle }),
    {
      ...reading(
        'chat.getReceipts, channel',
        'chat.getReceipts',
        { conversationId: channel, seq: 3 },
        channelMembers,
      ),
      // A channel is counted, member by member.
      mostRows: (members) => 2 * members + perPage,
    },
    reading('chat.listMembers, group', 'chat.listMembers', { ...inGroup, limit: page }),
    reading('chat.listMembers, channel', 'chat.listMembers', {
      conversationId: channel,
      limit: page,
    }),
    reading(
      'chat.search, one room',
      'chat.search',
      { ...inGroup, query: 'کتابخونه', limit: 20 },
      500,
    ),
    {
      ...reading('chat.search, all rooms', 'chat.search', { query: 'کتابخونه شنبه', limit: 20 }),
      mostRows: () => 2 * searched + perPage,
    },
    writing('chat.send, one', 'chat.send', send(group)),
    writing('chat.send, channel', 'chat.send', send(channel)),
    writing(
      'chat.send, with mention and reply',
      'chat.send',
      send(group, { replyToSeq: middle, mentions: groupMembers }),
    ),
    {
      name: 'chat.send, many at once',
      mostRows: byItems,
      async make(session) {
        await Promise.all(
          Array.from({ length: sendsAtOnce }, (_, i) =>
            mutate(session, 'chat.send', send(i % 2 ? group : direct)()),
          ),
        );
        return sendsAtOnce;
      },
    },
    writing('chat.markRead', 'chat.markRead', () => ({ ...inGroup, seq: groupSeq + 3 })),
    writing(
      'chat.markDelivered',
      'chat.markDelivered',
      () => ({
        marks: [group, direct, channel].map((conversationId) => ({
          conversationId,
          seq: groupSeq + 100,
        })),
      }),
      { items: 3 },
    ),
    writing('chat.react', 'chat.react', () => ({
      ...inGroup,
      seq: groupSeq + 1,
      emoji: '👍',
      isSet: true,
    })),
    writing('chat.typing', 'chat.typing', () => ({ conversationId: direct })),
    ...changeCalls(places),
  ];
}
