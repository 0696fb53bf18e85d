-- The seq of the newest message stands beside that of the newest event: both move with every message, and
-- one row is half the work of two. What a conversation is called and who may do what in it stays apart from
-- what changes all the time.
alter table streams
  add column message_seq int not null default 0,
  add column message_at timestamptz(3);
update streams s set message_seq = c.head_seq, message_at = c.active_at
  from conversations c where c.id = s.id and c.head_seq > 0;
alter table conversations drop column head_seq, drop column active_at;
alter table conversations reset (fillfactor);
