/**
 * SQL of whether somebody may write so many messages to a conversation at an instant: null when not, else an
 * instant before which they may have written last. It is a short form of `decideSend`.
 */
export function sentBefore(sql: {
  userId: string;
  conversationId: string;
  at: string;
  count: string;
}): string {
  const { userId, conversationId, at, count } = sql;
  return `(
    select case
      when not s.message_open or me.role = 'reader' or me.muted_until > ${at} then null
      when s.slow_seconds = 0 or me.role in ('moderator', 'admin', 'owner') then 'infinity'::timestamptz
      when ${count} = 1 then ${at} - s.slow_seconds * interval '1 second'
    end
    from conversation_members me join streams s on s.id = me.conversation_id
    where me.user_id = ${userId} and me.conversation_id = ${conversationId}
  )`;
}

/** SQL that looks again at the row of a sender, which may have changed while the statement waited. */
export function mayStill(sql: { at: string; before: string }): string {
  const { at, before } = sql;
  return `m.role <> 'reader' and coalesce(m.muted_until <= ${at}, true)
       and coalesce(m.sent_at <= ${before}, true)`;
}
