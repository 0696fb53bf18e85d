create table users (
  id uuid primary key,
  phone text not null constraint users_phone_unique unique,
  first_name text,
  last_name text,
  role text not null check (role in ('user', 'staff', 'admin')),
  status text not null check (status in ('active', 'inactive')),
  created_at timestamptz(3) not null
);

create table sessions (
  id uuid primary key,
  user_id uuid not null constraint sessions_user_id_foreign references users (id),
  refresh_counter int not null,
  refresh_attempt uuid,
  refreshed_at timestamptz(3) not null,
  last_seen_at timestamptz(3) not null,
  created_at timestamptz(3) not null,
  ended_at timestamptz(3),
  end_reason text,
  device_name text,
  platform text,
  user_agent text,
  ip text not null
);
create index sessions_user_created on sessions (user_id, created_at);

create table otp_challenges (
  id uuid primary key,
  phone text not null,
  purpose text not null,
  code_hash bytea,
  code_sealed bytea,
  attempts int not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  consumed_at timestamptz(3),
  replaced_at timestamptz(3),
  dispatched_at timestamptz(3),
  failed_at timestamptz(3),
  deliverable boolean not null
);
create index otp_challenges_phone_created on otp_challenges (phone, created_at);
create index otp_challenges_created on otp_challenges (created_at);

create table rate_limits (
  key text primary key,
  count int not null,
  resets_at timestamptz(3) not null
);
create index rate_limits_resets on rate_limits (resets_at);

create table friend_requests (
  id uuid primary key,
  sender_id uuid not null constraint friend_requests_sender_id_foreign references users (id),
  recipient_id uuid not null constraint friend_requests_recipient_id_foreign references users (id),
  status text not null check (status in ('pending', 'accepted', 'declined', 'canceled')),
  created_at timestamptz(3) not null,
  answered_at timestamptz(3),
  constraint friend_requests_not_self check (sender_id <> recipient_id)
);
create index friend_requests_sender_created on friend_requests (sender_id, created_at);
create index friend_requests_recipient_created on friend_requests (recipient_id, created_at);
create unique index friend_requests_pending_pair on friend_requests
  (least(sender_id, recipient_id), greatest(sender_id, recipient_id)) where status = 'pending';

create table friendships (
  user_id uuid not null constraint friendships_user_id_foreign references users (id),
  friend_id uuid not null constraint friendships_friend_id_foreign references users (id),
  created_at timestamptz(3) not null,
  primary key (user_id, friend_id),
  constraint friendships_not_self check (user_id <> friend_id)
);
create index friendships_user_created on friendships (user_id, created_at);

create table conversations (
  id uuid primary key,
  kind text not null check (kind in ('direct')),
  direct_key text constraint conversations_direct_key_unique unique,
  head_seq int not null,
  active_at timestamptz(3) not null,
  created_at timestamptz(3) not null
);

create table conversation_members (
  user_id uuid not null constraint conversation_members_user_id_foreign references users (id),
  conversation_id uuid not null constraint conversation_members_conversation_id_foreign references conversations (id),
  read_seq int not null,
  primary key (user_id, conversation_id)
);
create index members_conversation on conversation_members (conversation_id);

create table messages (
  conversation_id uuid not null constraint messages_conversation_id_foreign references conversations (id),
  seq int not null,
  id uuid not null,
  sender_id uuid not null constraint messages_sender_id_foreign references users (id),
  text text not null,
  created_at timestamptz(3) not null,
  primary key (conversation_id, seq)
);
create unique index messages_id on messages (id);

create table streams (
  id uuid primary key,
  head_seq bigint not null,
  head_pos bigint not null
);

create table stream_members (
  user_id uuid not null,
  stream_id uuid not null,
  after_seq bigint not null,
  primary key (user_id, stream_id)
);

create table stream_events (
  stream_id uuid not null,
  seq bigint not null,
  pos bigint not null,
  type text not null,
  at timestamptz(3) not null,
  body jsonb not null,
  primary key (stream_id, seq)
);
create index stream_events_stream_pos on stream_events (stream_id, pos);
create index stream_events_pos on stream_events (pos);
create index stream_events_at on stream_events (at);

create table stream_floor (
  id int primary key check (id = 1),
  pos bigint not null
);
insert into stream_floor (id, pos) values (1, 0);
