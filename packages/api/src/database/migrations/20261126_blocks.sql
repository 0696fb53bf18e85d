-- Who has blocked whom. Each of the two orders of a pair is one look into the primary key; the second index
-- is for those who have blocked somebody.
create table blocks (
  blocker_id uuid not null constraint blocks_blocker_id_foreign references users (id),
  blocked_id uuid not null constraint blocks_blocked_id_foreign references users (id),
  created_at timestamptz(3) not null,
  primary key (blocker_id, blocked_id),
  constraint blocks_not_self check (blocker_id <> blocked_id)
);
create index blocks_blocker_created on blocks (blocker_id, created_at, blocked_id);
create index blocks_blocked_blocker on blocks (blocked_id, blocker_id);
