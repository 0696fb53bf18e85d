-- A mute, a role that only reads and the pause of slow mode wait for who leaves a conversation and comes back.
create table conversation_restraints (
  user_id uuid not null,
  conversation_id uuid not null,
  is_reader boolean not null,
  muted_until timestamptz(3),
  sent_at timestamptz(3),
  primary key (user_id, conversation_id)
);
