import type pg from 'pg';
import { uuidV7 } from '../wire/ours.ts';

/** Where the session takes place: the first person of the demo data, and rooms that they are in. */
export interface Places {
  phone: string;
  /** The largest, in which they may write. */
  channel: string;
  /** The loudest group. */
  group: string;
  groupSeq: number;
  groupMembers: string[];
  direct: string;
  channelMembers: number;
}

interface Session {
  url: string;
  token: string;
}

/** A call, and how many rows each of its statements may read. */
export interface PlanCall {
  name: string;
  /** @returns how many items were asked for */
  make: (session: Session) => Promise<number>;
  mostRows: (items: number) => number;
}

/** @throws Error where there is no demo data */
export async function findPlaces(db: pg.Client): Promise<Places> {
  const { rows } = await db.query<{
    phone: string;
    id: string;
    kind: string;
    seq: number;
    count: number;
  }>(
    `select u.phone, c.id, c.kind, s.message_seq as seq, c.member_count as count
     from users u join conversation_members m on m.user_id = u.id
     join conversations c on c.id = m.conversation_id join streams s on s.id = c.id
     where u.email = 'demo0@example.com' and s.message_open and s.slow_seconds = 0
       and (c.kind <> 'channel' or m.role <> 'reader')
     order by s.message_seq desc, c.id`,
  );
  const find = (kind: string) => {
    const row = rows.find((one) => one.kind === kind);
    if (!row) {
      throw new Error('There is no demo data: run `npm run db:demo` first.');
    }
    return row;
  };
  const [channel, group, direct] = [find('channel'), find('group'), find('direct')];
  const { rows: members } = await db.query<{ user_id: string }>(
    'select user_id from conversation_members where conversation_id = $1 order by joined_at limit 5',
    [group.id],
  );
  return {
    phone: channel.phone,
    channel: channel.id,
    channelMembers: channel.count,
    group: group.id,
    groupSeq: group.seq,
    groupMembers: members.map((row) => row.user_id),
    direct: direct.id,
  };
}

const page = 50;
const sendsAtOnce = 16;
/** Rows of other tables for an item, and what a page is found by. */
const perItem = 12;
const perPage = 60;
const byItems = (items: number): number => items * perItem + perPage;

async function query({ url, token }: Session, procedure: string, input: object): Promise<unknown> {
  const text = encodeURIComponent(JSON.stringify({ json: input }));
  return call(`${url}/trpc/${procedure}?input=${text}`, token);
}

function mutate({ url, token }: Session, procedure: string, input: object): Promise<unknown> {
  return call(`${url}/trpc/${procedure}`, token, JSON.stringify({ json: input }));
}

async function call(url: string, token: string, body?: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const post = body === undefined ? {} : { method: 'POST', body };
  const response = await fetch(url, { headers, ...post });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${url} was answered ${response.status}: ${text}`);
  }
  const answer = JSON.parse(text) as { result: { data: { json: unknown } } };
  return answer.result.data.json;
}

/** Everything that a client does in chat again and again. */
export function planCalls(places: Places): PlanCall[] {
  const { channel, group, groupSeq, groupMembers, direct, channelMembers } = places;
  const reading = (name: string, procedure: string, input: object, items = page): PlanCall => ({
    name,
    mostRows: byItems,
    async make(session) {
      await query(session, procedure, input);
      return items;
    },
  });
  const writing = (name: string, procedure: string, input: () => object, items = 1): PlanCall => ({
    name,
    mostRows: byItems,
    async make(session) {
      await mutate(session, procedure, input());
      return items;
    },
  });
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
    { ...reading('chat.getReceipts, group', 'chat.getReceipts', { ...inGroup, seq: middle }) },
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
    reading('chat.listPins', 'chat.listPins', inGroup),
    reading(
      'chat.search, one room',
      'chat.search',
      { ...inGroup, query: 'کتابخونه', limit: 20 },
      500,
    ),
    {
      ...reading('chat.search, all rooms', 'chat.search', { query: 'کتابخونه شنبه', limit: 20 }),
      mostRows: () => 20_000,
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
      3,
    ),
    writing('chat.react', 'chat.react', () => ({
      ...inGroup,
      seq: groupSeq + 1,
      emoji: '👍',
      isSet: true,
    })),
    writing('chat.typing', 'chat.typing', () => ({ conversationId: direct })),
  ];
}
