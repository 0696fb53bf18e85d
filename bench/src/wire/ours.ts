import { randomBytes } from 'node:crypto';
import { get, messageText, pageLimit, post, type Wire } from './wire.ts';

/** The wire of Chapar: tRPC with superjson. */
export const ourWire: Wire = {
  me: (token) => get('/trpc/user.me', token),
  list: (token, conversationId) =>
    get(`/trpc/chat.listMessages?input=${encode({ conversationId, limit: pageLimit })}`, token),
  send(token, conversationId) {
    const input = { conversationId, id: uuidV7(), text: messageText };
    return post('/trpc/chat.send', token, JSON.stringify({ json: input }));
  },
  login: ({ challengeId, code }) =>
    post('/trpc/otp.verify', null, JSON.stringify({ json: { challengeId, code } })),
  socketPath: '/trpc?connectionParams=1',
  hello({ token, lastEventId }) {
    const params = { path: 'stream.onEvent', input: { json: { lastEventId } } };
    return [
      JSON.stringify({ method: 'connectionParams', data: { token } }),
      JSON.stringify({ id: 1, method: 'subscription', params }),
    ];
  },
  readyMark: Buffer.from('"stream.ready"'),
  messageMark: Buffer.from('"chat.message"'),
  cursorOf: (payload) => /"id":"(\d+)"/.exec(payload.toString())?.[1] ?? '',
};

/** The page of rooms. */
export function listRooms(token: string): string {
  return get(`/trpc/chat.list?input=${encode({ limit: pageLimit })}`, token);
}

function encode(input: object): string {
  return encodeURIComponent(JSON.stringify({ json: input }));
}

/** A UUID of version 7 (RFC 9562, section 5.7). */
export function uuidV7(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  const random = randomBytes(10).toString('hex');
  const variant = ((Number.parseInt(random.slice(3, 4), 16) & 3) | 8).toString(16);
  const third = `7${random.slice(0, 3)}`;
  const fourth = `${variant}${random.slice(4, 7)}`;
  return `${time.slice(0, 8)}-${time.slice(8)}-${third}-${fourth}-${random.slice(7, 19)}`;
}
