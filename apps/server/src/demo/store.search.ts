import type { Client } from './store.people.ts';

const index = 'message_search_body';
const roomsAtOnce = 100;

/**
 * Lets all messages be found, as the product's own indexer does by and by. In one transaction, since the index
 * is made at the end: to keep it up for each message takes many times as long. An end in between leaves nothing.
 *
 * @param onProgress told of how many messages have their line in the index's table
 */
export async function fillSearch(
  client: Client,
  signal: AbortSignal,
  onProgress: (messages: number) => void,
): Promise<void> {
  const { rows: lagging } = await client.query<{ id: string; count: number }>(
    `select c.id, s.message_seq - c.search_seq as count
     from conversations c join streams s on s.id = c.id
     where c.search_seq < s.message_seq order by c.id`,
  );
  const { rows: definitions } = await client.query<{ text: string }>(
    'select pg_get_indexdef($1::regclass) as text',
    [index],
  );
  await client.query('begin');
  try {
    await client.query(`set local maintenance_work_mem = '512MB'`);
    await client.query(`drop index ${index}`);
    let messages = 0;
    for (let i = 0; i < lagging.length; i += roomsAtOnce) {
      signal.throwIfAborted();
      const rooms = lagging.slice(i, i + roomsAtOnce);
      await insertLines(
        client,
        rooms.map(({ id }) => id),
      );
      messages += rooms.reduce((sum, { count }) => sum + count, 0);
      onProgress(messages);
    }
    signal.throwIfAborted();
    await client.query(definitions[0]?.text ?? '');
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

async function insertLines(client: Client, ids: readonly string[]): Promise<void> {
  await client.query(
    `with heads as (
       update conversations c set search_seq = s.message_seq
       from streams s
       where s.id = c.id and c.id = any($1::uuid[])
       returning c.id, s.message_seq, old.search_seq
     )
     insert into message_search (conversation_id, seq, sender_id, created_at, body)
     select m.conversation_id, m.seq, m.sender_id, m.created_at, chat_search_body(m.text)
     from heads h
     join messages m on m.conversation_id = h.id and m.seq > h.search_seq and m.seq <= h.message_seq
     where m.deleted_at is null and (m.extra -> 'system') is null`,
    [ids],
  );
}
