import { sql } from 'kysely';
import type { Db } from '../../database/tables.ts';
import type { MessageExtra } from './chat.message.repository.ts';

/**
 * Writes a note of the system at the end of the messages. Who has caused it has read it.
 *
 * @returns its seq
 */
export async function insertNote(
  db: Db,
  note: {
    id: string;
    conversationId: string;
    senderId: string;
    extra: MessageExtra;
    now: Date;
  },
): Promise<number> {
  const { id, conversationId, senderId, extra, now } = note;
  const { rows } = await sql<{ seq: number }>`
    with head as (
      update streams set message_seq = message_seq + 1, message_at = greatest(message_at, ${now})
      where id = ${conversationId} returning message_seq as seq
    ), mark as (
      update conversation_members m set read_seq = head.seq from head
      where m.conversation_id = ${conversationId} and m.user_id = ${senderId}
    )
    insert into messages (conversation_id, seq, id, sender_id, text, created_at, extra)
    select ${conversationId}, seq, ${id}, ${senderId}, '', ${now}, ${JSON.stringify(extra)}::jsonb
    from head returning seq`.execute(db);
  const seq = rows[0]?.seq;
  if (seq === undefined) {
    throw new Error(`there is no stream ${conversationId}`);
  }
  return seq;
}
