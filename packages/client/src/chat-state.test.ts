import { expect, test } from 'vitest';
import {
  applyChatEvent,
  conversationsOf,
  emptyChatState,
  keepNewest,
  missingConversations,
  unreadOf,
  withConversations,
  withMembers,
  withMessages,
  withPins,
  type ChatMemberView,
  type ChatState,
} from './chat-state.ts';
import type { ConversationView, MessageView, StreamEvent } from './types.ts';

const [me, peer, room] = ['me', 'peer', 'room'];
const at = '2026-11-20T08:00:00.000Z';

type Stored = Extract<StreamEvent, { seq: number }>;
type Body<Type extends Stored['type']> = Extract<Stored, { type: Type }>['body'];

function conversation(change: Partial<ConversationView> = {}): ConversationView {
  return {
    id: room,
    kind: 'group',
    title: 'Room',
    description: null,
    avatar: null,
    status: 'open',
    isPublic: false,
    organizationId: null,
    slowModeSeconds: 0,
    peer: null,
    memberCount: 2,
    role: 'member',
    grants: [],
    mutedUntil: null,
    headSeq: 0,
    readSeq: 0,
    mentionSeqs: [],
    peerReadSeq: null,
    peerDeliveredSeq: null,
    pinnedAt: null,
    silencedUntil: null,
    lastMessage: null,
    createdAt: at,
    activeAt: at,
    ...change,
  };
}

function message(seq: number, change: Partial<MessageView> = {}): MessageView {
  const text = `text ${seq}`;
  return {
    id: `m${seq}`,
    conversationId: room,
    seq,
    senderId: peer,
    text,
    createdAt: at,
    ...change,
  };
}

function member(id: string, change: Partial<ChatMemberView> = {}): ChatMemberView {
  const user = { id, firstName: null, lastName: null };
  const marks = { readSeq: 0, deliveredSeq: 0 };
  return { user, role: 'member', grants: [], mutedUntil: null, joinedAt: at, ...marks, ...change };
}

/** The events of a line, in order. */
class Line {
  readonly #id: string;
  #seq = 0;

  constructor(id: string) {
    this.#id = id;
  }

  tell<Type extends Stored['type']>(type: Type, body: Body<Type>): StreamEvent {
    this.#seq += 1;
    const event: object = { type, streamId: this.#id, seq: this.#seq, at, body };
    return event as StreamEvent;
  }
}

function stateOf(change: Partial<ConversationView> = {}): ChatState {
  return withConversations(emptyChatState(me), { items: [conversation(change)] });
}

function after(state: ChatState, ...events: StreamEvent[]): ChatState {
  return events.reduce(applyChatEvent, state);
}

const seqsOf = (state: ChatState) => state.chats[room]?.messages.map(({ seq }) => seq);
const viewOf = (state: ChatState) => state.chats[room]?.conversation;

test('unread is what comes after the mark, and who writes has read', () => {
  const line = new Line(room);
  const told = after(
    stateOf({ headSeq: 1, readSeq: 1 }),
    line.tell('chat.message', message(2, { mentions: [me] })),
    line.tell('chat.message', message(3)),
  );
  expect(viewOf(told)).toMatchObject({ headSeq: 3, readSeq: 1, mentionSeqs: [2] });
  expect(unreadOf(conversation({ headSeq: 3, readSeq: 1 }))).toBe(2);
  const wrote = after(
    told,
    line.tell('chat.message', message(4, { senderId: me, mentions: [me] })),
  );
  expect(viewOf(wrote)).toMatchObject({ headSeq: 4, readSeq: 4, mentionSeqs: [] });
  const back = after(
    wrote,
    line.tell('chat.read', { conversationId: room, userId: me, readSeq: 2 }),
  );
  expect(viewOf(back)?.readSeq).toBe(4);
});

test('unread mentions are the newest hundred, and follow edits and deletions', () => {
  const line = new Line(room);
  let state = stateOf();
  for (let seq = 1; seq <= 101; seq += 1) {
    state = after(state, line.tell('chat.message', message(seq, { mentions: [me] })));
  }
  expect(viewOf(state)?.mentionSeqs).toHaveLength(100);
  expect(viewOf(state)?.mentionSeqs[0]).toBe(2);
  state = after(
    state,
    line.tell('chat.edited', message(100, { revision: 1, editedAt: at })),
    line.tell('chat.deleted', message(101, { revision: 1, text: '', deletedAt: at })),
  );
  expect(viewOf(state)?.mentionSeqs.slice(-2)).toEqual([98, 99]);
});

test('of two views the one with more changes stays, and own reactions survive what others do', () => {
  const line = new Line(room);
  const reacted = { conversationId: room, seq: 1, emoji: '👍', isSet: true };
  const one = line.tell('chat.message', message(1));
  const two = line.tell('chat.reacted', {
    ...reacted,
    userId: me,
    reactions: { '👍': 1 },
    revision: 1,
  });
  const edited = message(1, { text: 'new', reactions: { '👍': 1 }, revision: 2, editedAt: at });
  const three = line.tell('chat.edited', edited);
  const state = after(stateOf(), one, two, three);
  const shown = { ...edited, myReactions: ['👍'] };
  expect(state.chats[room]?.messages).toEqual([shown]);
  expect(viewOf(state)?.lastMessage).toEqual(shown);
  expect(after(state, one, two, three)).toEqual(state);
  const older = message(1, { text: 'older', revision: 1, editedAt: at });
  expect(after(state, new Line(room).tell('chat.edited', older))).toBe(state);
  expect(withMessages(state, room, [message(1)]).chats[room]?.messages).toEqual([shown]);
  const off = { ...reacted, userId: me, isSet: false, reactions: {}, revision: 3 };
  const [bare] = after(state, line.tell('chat.reacted', off)).chats[room]?.messages ?? [];
  expect(bare).not.toHaveProperty('reactions');
  expect(bare).not.toHaveProperty('myReactions');
});

test('what the person has deleted for themselves stays away, whichever line is first', () => {
  const [own, line] = [new Line(me), new Line(room)];
  const messages = [1, 2, 3].map((seq) => line.tell('chat.message', message(seq)));
  const body = { conversationId: room, seqs: [2, 3], lastMessage: message(1) };
  const hidden = own.tell('chat.hidden', body);
  for (const events of [
    [...messages, hidden],
    [hidden, ...messages],
  ]) {
    const state = after(stateOf(), ...events);
    expect(seqsOf(state)).toEqual([1]);
    expect(viewOf(state)).toMatchObject({ headSeq: 3, lastMessage: { seq: 1 } });
    expect(seqsOf(withMessages(state, room, [message(3), message(2)]))).toEqual([1]);
  }
});

test('a page shows what was deleted for oneself, and pins of it go', () => {
  const pin = { message: message(2), for: 'all', pinnedBy: peer, pinnedAt: at } as const;
  const pinned = withPins(stateOf({ headSeq: 3 }), room, [pin]);
  expect(pinned.chats[room]?.pins).toEqual([pin]);
  const read = withMessages(pinned, room, [message(3), message(1)]);
  expect(read.chats[room]?.pins).toEqual([]);
  const again = new Line(room).tell('chat.pinned', { conversationId: room, ...pin });
  expect(after(read, again).chats[room]?.pins).toEqual([]);
});

test('a pin for oneself that comes after the deletion of its message does not stay', () => {
  const [own, line] = [new Line(me), new Line(room)];
  const tombstone = message(1, { text: '', revision: 1, deletedAt: at });
  const pin = { message: message(1), for: 'me', pinnedBy: me, pinnedAt: at } as const;
  const state = after(
    stateOf({ headSeq: 9 }),
    line.tell('chat.deleted', tombstone),
    own.tell('chat.pinned', { conversationId: room, ...pin }),
  );
  expect(state.chats[room]?.pins).toEqual([]);
});

test('marks move for the other person of a direct conversation, and for members on its own line', () => {
  const line = new Line(room);
  const direct = { id: peer, firstName: null, lastName: null };
  const started = stateOf({ kind: 'direct', peer: direct, peerReadSeq: 0, peerDeliveredSeq: 0 });
  const state = after(
    withMembers(started, room, [member(me), member(peer)]),
    line.tell('chat.delivered', { conversationId: room, userId: peer, deliveredSeq: 4 }),
    line.tell('chat.read', { conversationId: room, userId: peer, readSeq: 2 }),
    new Line(me).tell('chat.read', { conversationId: room, userId: me, readSeq: 3 }),
  );
  expect(viewOf(state)).toMatchObject({ readSeq: 3, peerReadSeq: 2, peerDeliveredSeq: 4 });
  expect(state.chats[room]?.members).toMatchObject({
    me: { readSeq: 0 },
    peer: { readSeq: 2, deliveredSeq: 4 },
  });
});

test('members come, change and go; a late page brings nobody back', () => {
  const line = new Line(room);
  const [admin, gone] = [member(me, { role: 'admin', grants: ['pinMessage'] }), member(peer)];
  const body = { conversationId: room, userId: peer, reason: 'left', memberCount: 1 } as const;
  const state = after(
    stateOf(),
    line.tell('chat.membersAdded', { conversationId: room, members: [gone], memberCount: 3 }),
    line.tell('chat.memberChanged', { conversationId: room, member: admin }),
    line.tell('chat.memberRemoved', body),
  );
  expect(viewOf(state)).toMatchObject({ memberCount: 1, role: 'admin', grants: ['pinMessage'] });
  expect(withMembers(state, room, [gone, member(me)]).chats[room]?.members).toEqual({ me: admin });
});

test('who goes and comes back at once is in, though the line of the conversation tells of it late', () => {
  const [own, line] = [new Line(me), new Line(room)];
  const [left, ended] = [
    { streamId: room, userId: me },
    { conversationId: room, reason: 'left' },
  ] as const;
  const first = line.tell('chat.message', message(1));
  const last = line.tell('stream.left', left);
  const next = line.tell('chat.message', message(2));
  const news = [
    own.tell('stream.left', left),
    own.tell('chat.ended', ended),
    own.tell('stream.joined', { streamId: room, afterSeq: 2 }),
  ];
  const started = own.tell('chat.started', conversation({ headSeq: 1, readSeq: 1 }));
  for (const events of [
    [first, last, ...news, started, next],
    [...news, first, last, next, started],
    [...news, started, first, last, next],
  ]) {
    const state = after(stateOf({ title: 'Before' }), ...events);
    expect(viewOf(state)).toMatchObject({ title: 'Room', headSeq: 2 });
    expect(state.waiting).toEqual({});
  }
  const gone = after(stateOf(), first, ...news.slice(0, 2), last, next);
  expect(gone).toMatchObject({ chats: {}, waiting: {} });
  expect(withConversations(gone, { items: [conversation()] })).toBe(gone);
});

test('a conversation that was removed does not come back by the late news of having come in', () => {
  const [own, line] = [new Line(me), new Line(room)];
  const state = after(
    emptyChatState(me),
    own.tell('stream.joined', { streamId: room, afterSeq: 0 }),
    line.tell('chat.ended', { conversationId: room, reason: 'removed' }),
    own.tell('chat.started', conversation()),
  );
  expect(state.chats).toEqual({});
});

test('events of a conversation that is not here wait for it', () => {
  const state = after(emptyChatState(me), new Line(room).tell('chat.message', message(5)));
  expect(missingConversations(state)).toEqual([room]);
  const found = withConversations(state, { items: [conversation({ headSeq: 4 })] });
  expect(viewOf(found)).toMatchObject({ headSeq: 5, lastMessage: { seq: 5 } });
  expect(missingConversations(found)).toEqual([]);
});

test('a started conversation that is here already keeps what has happened since', () => {
  const state = stateOf({ headSeq: 7 });
  expect(after(state, new Line(me).tell('chat.started', conversation({ headSeq: 2 })))).toBe(state);
});

test('a page that was read before an edit, a reaction or a deletion, and comes after it, shows them', () => {
  const line = new Line(room);
  const edited = message(1, { text: 'new', revision: 1, editedAt: at });
  const tombstone = message(2, { text: '', revision: 1, deletedAt: at });
  const reacted = { conversationId: room, seq: 1, emoji: '👍', isSet: true, userId: me };
  const state = after(
    stateOf({ headSeq: 9 }),
    line.tell('chat.edited', edited),
    line.tell('chat.deleted', tombstone),
    line.tell('chat.reacted', { ...reacted, reactions: { '👍': 1 }, revision: 2 }),
  );
  const shown = { ...edited, revision: 2, reactions: { '👍': 1 }, myReactions: ['👍'] };
  const read = withMessages(state, room, [message(2), message(1)]);
  expect(read.chats[room]?.messages).toEqual([shown, tombstone]);
  const pin = { message: message(1), for: 'all', pinnedBy: peer, pinnedAt: at } as const;
  expect(withPins(state, room, [pin]).chats[room]?.pins).toEqual([{ ...pin, message: shown }]);
});

test('a page of pins that comes late brings back none that was taken away meanwhile', () => {
  const pin = { message: message(1), for: 'all', pinnedBy: peer, pinnedAt: at } as const;
  const unpinned = { conversationId: room, seq: 1, for: 'all' } as const;
  const state = after(stateOf({ headSeq: 1 }), new Line(room).tell('chat.unpinned', unpinned));
  expect(withPins(state, room, [pin]).chats[room]?.pins).toEqual([]);
  const other = { ...pin, for: 'me' } as const;
  expect(withPins(state, room, [other]).chats[room]?.pins).toEqual([other]);
});

test('a page of members that comes late has the marks that were told meanwhile, of this stay', () => {
  const line = new Line(room);
  const mark = { conversationId: room, userId: peer };
  const state = after(
    stateOf({ headSeq: 9 }),
    line.tell('chat.read', { ...mark, readSeq: 4 }),
    line.tell('chat.delivered', { ...mark, deliveredSeq: 7 }),
  );
  const marks = { readSeq: 4, deliveredSeq: 7 };
  expect(withMembers(state, room, [member(peer)]).chats[room]?.members[peer]).toMatchObject(marks);
  const back = member(peer, { joinedAt: '2026-11-20T09:00:00.000Z' });
  expect(withMembers(state, room, [back]).chats[room]?.members[peer]).toBe(back);
});

test('a page that is read once more changes nothing', () => {
  const pin = { message: message(1), for: 'all', pinnedBy: peer, pinnedAt: at } as const;
  const read = (state: ChatState): ChatState =>
    withPins(
      withMembers(
        withMessages(state, room, [message(1, { revision: 1, myReactions: ['👍'] })]),
        room,
        [member(peer)],
      ),
      room,
      [structuredClone(pin)],
    );
  const state = read(stateOf({ headSeq: 1 }));
  expect(read(state)).toBe(state);
});

test('what changes nothing gives the same state, and unknown events are passed over', () => {
  const line = new Line(room);
  const state = after(stateOf(), line.tell('chat.message', message(1)));
  const read = line.tell('chat.read', { conversationId: room, userId: peer, readSeq: 0 });
  expect(after(state, read, { type: 'stream.reset' })).toBe(state);
  const news: object = {
    type: 'chat.sung',
    streamId: room,
    seq: 9,
    at,
    body: { conversationId: room },
  };
  expect(applyChatEvent(state, news as StreamEvent)).toBe(state);
});

test('the list has pinned conversations first, then those with the newest message, be it hidden', () => {
  const later = '2026-11-20T09:00:00.000Z';
  const items = [
    conversation({ id: 'a', createdAt: later, activeAt: later }),
    conversation(),
    conversation({ id: 'c', pinnedAt: at }),
  ];
  const news = message(1, { createdAt: '2026-11-20T10:00:00.000Z' });
  const state = after(
    withConversations(emptyChatState(me), { items }),
    new Line(room).tell('chat.message', news),
    new Line(me).tell('chat.hidden', { conversationId: room, seqs: [1], lastMessage: null }),
  );
  expect(viewOf(state)?.lastMessage).toBeNull();
  expect(conversationsOf(state).map(({ id }) => id)).toEqual(['c', room, 'a']);
});

test('the oldest messages go when they are dropped, and can be read again', () => {
  const five = [1, 2, 3, 4, 5].map((seq) => message(seq));
  const full = withMessages(stateOf({ headSeq: 5 }), room, five);
  const few = keepNewest(full, room, 2);
  expect(seqsOf(few)).toEqual([4, 5]);
  expect(seqsOf(withMessages(few, room, five))).toEqual([1, 2, 3, 4, 5]);
  expect(keepNewest(few, room, 2)).toBe(few);
  expect(keepNewest(few, 'elsewhere', 2)).toBe(few);
});
