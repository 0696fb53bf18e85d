import type pg from 'pg';

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
  /** Messages of theirs that a search in all rooms looks at: all of a small room, and so many of a large one. */
  searched: number;
}

/** Up to so many messages a search reads all of a room. */
const smallRoom = 5_000;

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
  const { rows: all } = await db.query<{ searched: number }>(
    `select sum(least(s.message_seq, $1))::int as searched
     from users u join conversation_members m on m.user_id = u.id join streams s on s.id = m.conversation_id
     where u.email = 'demo0@example.com'`,
    [smallRoom],
  );
  return {
    phone: channel.phone,
    channel: channel.id,
    channelMembers: channel.count,
    group: group.id,
    groupSeq: group.seq,
    groupMembers: members.map((row) => row.user_id),
    direct: direct.id,
    searched: all[0]?.searched ?? 0,
  };
}
