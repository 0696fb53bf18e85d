import type {
  ChatCapability,
  ChatRole,
  ConversationKind,
  ConversationStatus,
} from '@chapar/contract';
import { CompiledQuery } from 'kysely';
import { statement } from '../../database/statement.ts';
import type { Db } from '../../database/tables.ts';
import { isShown, isoTime, messageColumns, type MessageRow } from './chat.message.repository.ts';

/** A conversation as one member sees it, with its newest message; times as text (ISO 8601). */
export interface ConversationRow {
  /** Whose view it is. */
  user_id: string;
  id: string;
  kind: ConversationKind;
  title: string | null;
  description: string | null;
  avatar: string | null;
  status: ConversationStatus;
  is_public: boolean;
  organization_id: string | null;
  slow_seconds: number;
  member_count: number;
  created_at: string;
  /** When the newest message came, or when the conversation began: in milliseconds since 1970. */
  active_ms: number;
  role: ChatRole;
  grants: ChatCapability[];
  muted_until: string | null;
  message_seq: number;
  read_seq: number;
  mention_seqs: number[] | null;
  pinned_at: string | null;
  silenced_until: string | null;
  peer_id: string | null;
  peer_first_name: string | null;
  peer_last_name: string | null;
  peer_read_seq: number | null;
  peer_delivered_seq: number | null;
  last: MessageRow | null;
}

const mostMentions = 100;

/** When something happened in it last: the newest message, or its beginning. */
const activeAt = 'coalesce(s.message_at, c.created_at)';

/**
 * First the places in the list, from the rows of the member's own conversations alone; then what is shown of
 * those that are on the page.
 *
 * @param which SQL that chooses members and conversations
 */
function conversationsOf(which: string): string {
  return `select r.user_id, r.id, r.kind, r.title, r.description, r.avatar, r.status, r.is_public, r.organization_id,
      r.slow_seconds, r.member_count, ${isoTime('r.created_at')} as created_at,
      (extract(epoch from r.active_at) * 1000)::float8 as active_ms,
      r.role, r.grants, ${isoTime('r.muted_until')} as muted_until, r.message_seq, r.read_seq,
      ${isoTime('r.pinned_at')} as pinned_at, ${isoTime('r.silenced_until')} as silenced_until,
      (
        select array_agg(t.seq order by t.seq) from (
          select n.seq from message_mentions n
          where n.user_id = r.user_id and n.conversation_id = r.id and n.seq > r.read_seq
          order by n.seq desc limit ${mostMentions}
        ) t
      ) as mention_seqs,
      peer.id as peer_id, peer.first_name as peer_first_name, peer.last_name as peer_last_name,
      peer.shown_read_seq as peer_read_seq,
      greatest(peer.shown_read_seq, peer.shown_delivered_seq) as peer_delivered_seq,
      case when m.id is not null then to_jsonb(m) end as last
    from (
      select c.*, me.user_id, me.conversation_id, me.role, me.grants, me.muted_until, me.read_seq,
        me.pinned_at, me.silenced_until, me.has_hidden, s.message_seq, s.slow_seconds,
        ${activeAt} as active_at
      from conversation_members me
      join streams s on s.id = me.conversation_id
      join conversations c on c.id = me.conversation_id
      where ${which}
    ) r
    left join lateral (
      select u.id, u.first_name, u.last_name, o.shown_read_seq, o.shown_delivered_seq
      from conversation_members o join users u on u.id = o.user_id
      where o.conversation_id = r.id and o.user_id <> r.user_id limit 1
    ) peer on r.kind = 'direct'
    left join lateral (
      select ${messageColumns('m', 'r.user_id')} from messages m
      where m.conversation_id = r.id and ${isShown('m', 'r')}
      order by m.seq desc limit 1
    ) m on true
    order by r.pinned_at is not null desc, r.active_at desc, r.id desc`;
}

const ofOne = conversationsOf('me.user_id = $1 and me.conversation_id = $2');

const findOne = statement<ConversationRow, [userId: string, conversationId: string]>(
  'chat-get',
  ofOne,
);

type Hot = Parameters<typeof findOne>[0];

/** @returns undefined for who is not in it */
export async function findConversation(
  hot: Hot,
  userId: string,
  conversationId: string,
): Promise<ConversationRow | undefined> {
  const [row] = await findOne(hot, userId, conversationId);
  return row;
}

const ofMembers = conversationsOf('me.user_id = any($1::uuid[]) and me.conversation_id = $2');

/** One conversation as some of its members see it, in an open transaction. */
export async function findViews(
  db: Db,
  conversationId: string,
  userIds: readonly string[],
): Promise<ConversationRow[]> {
  const { rows } = await db.executeQuery<ConversationRow>(
    CompiledQuery.raw(ofMembers, [userIds, conversationId]),
  );
  return rows;
}

const findPage = statement<
  ConversationRow,
  [
    userId: string,
    isPinned: boolean | null,
    activeAt: Date | null,
    id: string | null,
    limit: number,
  ]
>(
  'chat-list',
  conversationsOf(
    `me.user_id = $1 and ($2::boolean is null or
        (me.pinned_at is not null, ${activeAt}, c.id) < ($2::boolean, $3::timestamptz, $4::uuid))
      order by me.pinned_at is not null desc, ${activeAt} desc, c.id desc limit $5`,
  ),
);

/** The last place of a page: whether it is pinned, its latest activity, and its id. */
export type ListPlace = readonly [isPinned: number, activeAt: Date, id: string];

/** Pinned ones first, then by latest activity. */
export function findConversations(
  hot: Hot,
  { userId, before, limit }: { userId: string; before: ListPlace | null; limit: number },
): Promise<ConversationRow[]> {
  const [isPinned, at, id] = before ?? [null, null, null];
  return findPage(hot, userId, isPinned === null ? null : isPinned > 0, at, id, limit);
}
