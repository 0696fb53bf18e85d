-- A message is written together with the mark of its sender, whose row in conversation_members is locked by
-- that and refers to both the person and the conversation. To look both up again for each message, and lock
-- them, cost a quarter of the whole statement.
alter table messages
  drop constraint messages_conversation_id_foreign,
  drop constraint messages_sender_id_foreign;
