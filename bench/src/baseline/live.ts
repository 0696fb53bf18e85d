import type { FastifyInstance } from 'fastify';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { unauthorized, verify } from './auth.ts';
import type { Deps } from './deps.ts';

/** The sockets of this process. */
export interface Live {
  /** Sends an event to every subscriber of a room. */
  tell: (roomId: string, event: object) => void;
  close: () => void;
}

const pingMs = 25_000;
/** A socket with more unsent bytes is ended. */
const mostUnsent = 1024 * 1024;
const largestFrameBytes = 64 * 1024;

const rooms = {
  name: 'rooms',
  text: `select m.room_id from sessions s left join members m on m.user_id = s.user_id
    where s.id = $1 and s.user_id = $2 and s.ended_at is null`,
};

/**
 * Sockets at `/live`. The first message is `{ token }`; from then on the socket gets what happens
 * in its person's rooms. A message is made into bytes once and given to `ws.send` for each socket.
 */
export function addLive(server: FastifyInstance, deps: Deps): Live {
  const readers = new Map<string, Set<WebSocket>>();
  const answered = new WeakSet<WebSocket>();
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: largestFrameBytes,
    perMessageDeflate: false,
  });

  async function subscribe(socket: WebSocket, said: RawData): Promise<void> {
    const text = Buffer.isBuffer(said) ? said.toString() : '';
    const { token } = JSON.parse(text) as { token: string };
    const { userId, sessionId } = verify(deps, token);
    const values = [sessionId, userId];
    const found = await deps.pool.query<{ room_id: string | null }>({ ...rooms, values });
    if (found.rows.length === 0) {
      throw unauthorized();
    }
    for (const { room_id: roomId } of found.rows) {
      if (roomId !== null) {
        const room = readers.get(roomId) ?? new Set();
        readers.set(roomId, room.add(socket));
        socket.on('close', () => {
          room.delete(socket);
          if (room.size === 0 && readers.get(roomId) === room) {
            readers.delete(roomId);
          }
        });
      }
    }
    socket.send('{"type":"ready"}');
  }

  wss.on('connection', (socket) => {
    answered.add(socket);
    socket.on('error', () => socket.terminate());
    socket.on('pong', () => answered.add(socket));
    socket.once('message', (said) => {
      subscribe(socket, said).catch(() => socket.close(4401));
    });
  });

  server.server.on('upgrade', (request, raw, head) => {
    if (request.url !== '/live') {
      raw.destroy();
      return;
    }
    wss.handleUpgrade(request, raw, head, (socket) => wss.emit('connection', socket, request));
  });

  const timer = setInterval(() => {
    for (const socket of wss.clients) {
      if (answered.delete(socket)) {
        socket.ping();
      } else {
        socket.terminate();
      }
    }
  }, pingMs);

  return {
    tell(roomId, event) {
      const frame = Buffer.from(JSON.stringify(event));
      for (const socket of readers.get(roomId) ?? []) {
        if (socket.bufferedAmount > mostUnsent) {
          socket.terminate();
        } else {
          socket.send(frame, { binary: false });
        }
      }
    },
    close() {
      clearInterval(timer);
      for (const socket of wss.clients) {
        socket.terminate();
      }
      wss.close();
    },
  };
}
