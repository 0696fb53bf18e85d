/**
 * SQL that says when a session was last seen, in milliseconds since 1970; null when it is over, somebody
 * else's, or its owner may not use it. For a statement that does something in the same go.
 *
 * @param sessionId SQL
 * @param userId SQL
 */
export function lastSeenOfSession(sessionId: string, userId: string): string {
  return `(
    select case when s.user_id = ${userId} and s.ended_at is null and u.status = 'active'
      then (extract(epoch from s.last_seen_at) * 1000)::float8 end
    from sessions s join users u on u.id = s.user_id where s.id = ${sessionId}
  )`;
}
