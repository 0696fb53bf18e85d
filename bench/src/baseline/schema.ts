/** The baseline's tables: those of the product that its work needs, with the same keys. */
export const schema = `
create table users (
  id uuid primary key,
  phone text not null unique,
  first_name text,
  last_name text,
  created_at timestamptz(3) not null default now()
);
create table sessions (
  id uuid primary key,
  user_id uuid not null references users (id),
  user_agent text,
  ip text not null,
  created_at timestamptz(3) not null default now(),
  ended_at timestamptz(3)
);
create index sessions_user on sessions (user_id, created_at);
create table challenges (
  id uuid primary key,
  contact text not null,
  code_hash bytea not null,
  attempts int not null default 0,
  created_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  consumed_at timestamptz(3)
);
create table rooms (
  id uuid primary key,
  created_at timestamptz(3) not null default now()
);
create table members (
  user_id uuid not null references users (id),
  room_id uuid not null references rooms (id),
  primary key (user_id, room_id)
);
create index members_room on members (room_id);
create table messages (
  room_id uuid not null references rooms (id),
  id bigint generated always as identity,
  sender_id uuid not null references users (id),
  text text not null,
  created_at timestamptz(3) not null default now(),
  primary key (room_id, id)
);
`;
