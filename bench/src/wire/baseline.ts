import { get, messageText, pageLimit, post, type Wire } from './wire.ts';

const sendBody = JSON.stringify({ text: messageText });

/** The wire of the hand-written server. */
export const baselineWire: Wire = {
  me: (token) => get('/me', token),
  list: (token, roomId) => get(`/rooms/${roomId}/messages?limit=${pageLimit}`, token),
  send: (token, roomId) => post(`/rooms/${roomId}/messages`, token, sendBody),
  login: ({ challengeId, code }) => post('/login', null, JSON.stringify({ challengeId, code })),
  socketPath: '/live',
  hello: ({ token }) => [JSON.stringify({ token })],
  readyMark: Buffer.from('"type":"ready"'),
  messageMark: Buffer.from('"type":"message"'),
  cursorOf: () => '',
};
