-- Who is online, by node. Not logged: after a crash of the database the nodes write it anew.
create unlogged table presence_nodes (
  node_id uuid primary key,
  seen_at timestamptz(3) not null
);
create unlogged table presences (
  user_id uuid not null,
  node_id uuid not null,
  primary key (user_id, node_id)
);
create index presences_node on presences (node_id);

alter table users
  add column presence_visibility text not null default 'friends'
    constraint users_presence_visibility_check
    check (presence_visibility in ('everyone', 'friends', 'nobody'));
