-- Conversations of many: groups, where all write, and channels, where few do.
alter table conversations drop constraint conversations_kind_check;
alter table conversations
  add constraint conversations_kind_check check (kind in ('direct', 'group', 'channel')),
  add column title text,
  add column description text,
  add column avatar text,
  add column status text not null default 'open'
    constraint conversations_status_check check (status in ('open', 'hold', 'closed', 'removed')),
  add column is_public boolean not null default false,
  add column organization_id uuid
    constraint conversations_organization_id_foreign references organizations (id),
  add column member_count int not null default 2,
  add column removed_at timestamptz(3);
create index conversations_organization on conversations (organization_id)
  where organization_id is not null;
create index conversations_removed on conversations (removed_at) where removed_at is not null;

-- All that a message on its way looks at beside the place of its sender, in the row that it changes anyway: who
-- has waited for that row sees what has become of it.
alter table streams
  add column message_open boolean not null default true,
  add column slow_seconds int not null default 0;
update streams s set message_open = false
  from conversations c
  where c.id = s.id and not exists (
    select from conversation_members a
    join conversation_members b on b.conversation_id = a.conversation_id and b.user_id <> a.user_id
    join friendships f on f.user_id = a.user_id and f.friend_id = b.user_id
    where a.conversation_id = c.id
  );

alter table conversation_members
  add column role text not null default 'member' constraint conversation_members_role_check
    check (role in ('reader', 'member', 'moderator', 'admin', 'owner')),
  add column grants text[] not null default '{}',
  add column muted_until timestamptz(3),
  add column sent_at timestamptz(3),
  add column delivered_seq int not null default 0,
  add column shown_read_seq int not null default 0,
  add column shown_delivered_seq int not null default 0,
  add column pinned_at timestamptz(3),
  add column silenced_until timestamptz(3),
  add column has_hidden boolean not null default false,
  add column joined_at timestamptz(3);
update conversation_members m set
  delivered_seq = read_seq, shown_read_seq = read_seq, shown_delivered_seq = read_seq,
  joined_at = (select created_at from conversations c where c.id = m.conversation_id);
alter table conversation_members
  alter column joined_at set not null,
  alter column joined_at set default now();
drop index members_conversation;
create index members_conversation on conversation_members (conversation_id, joined_at, user_id);
create index members_staff on conversation_members (conversation_id)
  where role in ('moderator', 'admin', 'owner');

-- Whether others are told what somebody has received and read.
alter table users add column shows_receipts boolean not null default true;

alter table messages
  add column extra jsonb,
  add column reactions jsonb,
  add column edited_at timestamptz(3),
  add column deleted_at timestamptz(3),
  add column revision int not null default 0;

create table message_edits (
  conversation_id uuid not null,
  seq int not null,
  revision int not null,
  text text not null,
  written_at timestamptz(3) not null,
  primary key (conversation_id, seq, revision)
);

create table message_hides (
  user_id uuid not null,
  conversation_id uuid not null,
  seq int not null,
  primary key (user_id, conversation_id, seq)
);

create table message_mentions (
  user_id uuid not null,
  conversation_id uuid not null,
  seq int not null,
  primary key (user_id, conversation_id, seq)
);

create table message_reactions (
  conversation_id uuid not null,
  seq int not null,
  user_id uuid not null,
  emoji text not null,
  created_at timestamptz(3) not null,
  primary key (conversation_id, seq, user_id, emoji)
);
create index message_reactions_created
  on message_reactions (conversation_id, seq, created_at, user_id, emoji);

-- For everybody in the conversation (`pinned_for` is its id), or for one person (theirs).
create table message_pins (
  conversation_id uuid not null,
  pinned_for uuid not null,
  seq int not null,
  pinned_by uuid not null,
  created_at timestamptz(3) not null,
  primary key (conversation_id, pinned_for, seq)
);
create index message_pins_message on message_pins (conversation_id, seq);

create table conversation_bans (
  conversation_id uuid not null constraint conversation_bans_conversation_id_foreign references conversations (id),
  user_id uuid not null constraint conversation_bans_user_id_foreign references users (id),
  banned_by uuid not null,
  reason text,
  until timestamptz(3),
  created_at timestamptz(3) not null,
  primary key (conversation_id, user_id)
);
create index conversation_bans_created on conversation_bans (conversation_id, created_at, user_id);

create table conversation_invites (
  id uuid primary key,
  conversation_id uuid not null constraint conversation_invites_conversation_id_foreign references conversations (id),
  token_hash bytea not null constraint conversation_invites_token_hash_unique unique,
  created_by uuid not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3),
  most_uses int,
  uses int not null default 0,
  revoked_at timestamptz(3)
);
create index conversation_invites_created on conversation_invites (conversation_id, created_at, id);

create table message_reports (
  id uuid primary key,
  conversation_id uuid not null,
  seq int not null,
  reporter_id uuid not null,
  sender_id uuid not null,
  reason text not null,
  note text,
  snapshot jsonb not null,
  status text not null constraint message_reports_status_check
    check (status in ('open', 'acted', 'dismissed')),
  handled_by uuid,
  handled_at timestamptz(3),
  answer text,
  created_at timestamptz(3) not null
);
create unique index message_reports_open on message_reports (conversation_id, seq, reporter_id)
  where status = 'open';
create index message_reports_status on message_reports (status, created_at, id);
create index message_reports_reporter on message_reports (reporter_id, created_at);
