import type { FastifyInstance } from 'fastify';
import { authenticate, notFound, unauthorized } from './auth.ts';
import type { Deps } from './deps.ts';
import type { Live } from './live.ts';

interface UserRow {
  id: string;
  phone: string;
  first_name: string | null;
  last_name: string | null;
  created_at: Date;
}

interface MessageRow {
  /** Null in the one row of a room without messages. */
  id: string | null;
  sender_id: string;
  text: string;
  created_at: Date;
}

const me = {
  name: 'me',
  text: `select u.id, u.phone, u.first_name, u.last_name, u.created_at
    from sessions s join users u on u.id = s.user_id
    where s.id = $1 and s.user_id = $2 and s.ended_at is null`,
};

const list = {
  name: 'list',
  text: `select m.id, m.sender_id, m.text, m.created_at
    from sessions s
    join members me on me.user_id = s.user_id and me.room_id = $3
    left join lateral (
      select id, sender_id, text, created_at from messages
      where room_id = me.room_id and id < $4 order by id desc limit $5
    ) m on true
    where s.id = $1 and s.user_id = $2 and s.ended_at is null`,
};

const send = {
  name: 'send',
  text: `insert into messages (room_id, sender_id, text)
    select me.room_id, me.user_id, $4
    from sessions s join members me on me.user_id = s.user_id and me.room_id = $3
    where s.id = $1 and s.user_id = $2 and s.ended_at is null
    returning id, created_at`,
};

const usualPage = 30;
const newest = '9223372036854775807';

/** The account, a room's messages and sending one: one statement each. */
export function addRooms(server: FastifyInstance, deps: Deps, live: Live): void {
  server.get('/me', async (request) => {
    const { userId, sessionId } = authenticate(deps, request.headers.authorization);
    const { rows } = await deps.pool.query<UserRow>({ ...me, values: [sessionId, userId] });
    const [row] = rows;
    if (!row) {
      throw unauthorized();
    }
    return {
      id: row.id,
      phone: row.phone,
      firstName: row.first_name,
      lastName: row.last_name,
      createdAt: row.created_at,
    };
  });

  server.get<{ Params: { id: string }; Querystring: { before?: string; limit?: string } }>(
    '/rooms/:id/messages',
    async (request) => {
      const { userId, sessionId } = authenticate(deps, request.headers.authorization);
      const { before = newest, limit = String(usualPage) } = request.query;
      const roomId = request.params.id;
      const values = [sessionId, userId, roomId, before, limit];
      const { rows } = await deps.pool.query<MessageRow>({ ...list, values });
      const [first] = rows;
      if (!first) {
        throw notFound();
      }
      const found = first.id === null ? [] : rows;
      return {
        items: found.map((row) => ({
          id: row.id,
          roomId,
          senderId: row.sender_id,
          text: row.text,
          createdAt: row.created_at,
        })),
        next: found.length === Number(limit) ? found.at(-1)?.id : null,
      };
    },
  );

  server.post<{ Params: { id: string }; Body: { text: string } }>(
    '/rooms/:id/messages',
    async (request) => {
      const { userId, sessionId } = authenticate(deps, request.headers.authorization);
      const roomId = request.params.id;
      const { text } = request.body;
      const values = [sessionId, userId, roomId, text];
      const { rows } = await deps.pool.query<{ id: string; created_at: Date }>({ ...send, values });
      const [row] = rows;
      if (!row) {
        throw notFound();
      }
      const message = { id: row.id, roomId, senderId: userId, text, createdAt: row.created_at };
      live.tell(roomId, { type: 'message', message });
      return message;
    },
  );
}
