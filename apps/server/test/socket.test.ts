import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { cloneDatabase } from '@chapar/api/testing';
import { newId, type ChaparClient, type StreamEvent } from '@chapar/client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import { startServer, type TestServer } from './harness.ts';

let server: TestServer;
let people = 0;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

function newPhone(): string {
  people += 1;
  return `+98913${String(people).padStart(7, '0')}`;
}

/** A socket without the client package, to do what it never would. */
function open(path = '/trpc?connectionParams=1', options: ClientOptions = {}): WebSocket {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, options);
  socket.on('error', () => undefined);
  return socket;
}

/** The code with which the server closes. */
async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = (await once(socket, 'close')) as [number];
  return code;
}

/** The HTTP status with which an upgrade is refused. */
async function refusal(socket: WebSocket): Promise<number> {
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode: number },
  ];
  return response.statusCode;
}

const params = (token: string, replaces?: string): string =>
  JSON.stringify({ method: 'connectionParams', data: { token, replaces } });
const subscribe = (id: number): string =>
  JSON.stringify({ id, method: 'subscription', params: { path: 'stream.onEvent', input: {} } });

async function accessToken(phone = newPhone()): Promise<string> {
  const client = server.client();
  const { challengeId } = await client.otp.request.mutate({ phone });
  const verified = await client.otp.verify.mutate({ challengeId, code: await server.code(phone) });
  return verified.accessToken;
}

async function openSignedIn(token: string): Promise<WebSocket> {
  const socket = open();
  await once(socket, 'open');
  socket.send(params(token));
  return socket;
}

/** Messages of a socket by their id, as they come. */
function collect(socket: WebSocket): {
  id: number | null;
  result?: { type: string };
  error?: { json?: { data: { appCode: string } } };
}[] {
  const messages: ReturnType<typeof collect> = [];
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    if (text !== 'PING' && text !== 'PONG') {
      messages.push(JSON.parse(text) as (typeof messages)[number]);
    }
  });
  return messages;
}

test('pages of foreign origins are refused before the upgrade, apps without an origin are not', async () => {
  const foreign = [
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'http://localhost:1.evil.net',
  ];
  for (const origin of foreign) {
    expect(await refusal(open(undefined, { headers: { origin } }))).toBe(403);
  }
  const socket = open(undefined, { headers: { origin: 'http://localhost:5173' } });
  await once(socket, 'open');
  socket.terminate();
});

test('there is one path for sockets', async () => {
  expect(await refusal(open('/'))).toBe(404);
  expect(await refusal(open('/trpc/x'))).toBe(404);
});

test('a socket that does not sign in within five seconds is closed', async () => {
  expect(await closeCode(open())).toBe(4401);
});

test('a token that is none closes the socket at once', async () => {
  const bad = await openSignedIn('x');
  expect(await closeCode(bad)).toBe(4401);
  const none = open('/trpc');
  expect(await closeCode(none)).toBe(4401);
});

test('one address may have fifty sockets that have not signed in', async () => {
  await using other = await startServer();
  const url = `${other.url.replace('http', 'ws')}/trpc?connectionParams=1`;
  const sockets = Array.from({ length: 50 }, () => new WebSocket(url));
  await Promise.all(sockets.map((socket) => once(socket, 'open')));
  const more = new WebSocket(url);
  more.on('error', () => undefined);
  expect(await refusal(more)).toBe(429);
  for (const socket of sockets) {
    socket.terminate();
  }
});

test('frames that are too large, binary or no text close the socket with their codes', async () => {
  const token = await accessToken();
  const large = await openSignedIn(token);
  large.send('x'.repeat(64 * 1024 + 1));
  expect(await closeCode(large)).toBe(1009);
  const invalid = await openSignedIn(token);
  invalid.send(Buffer.from([0xc3, 0x28]), { binary: false });
  expect(await closeCode(invalid)).toBe(1007);
});

const floods: Record<string, (socket: WebSocket) => void> = {
  'a message in a thousand fragments': (socket) => {
    for (let i = 0; i < 1_000; i += 1) {
      socket.send('x', { fin: i === 999 });
    }
  },
  'a message that has no end': (socket) => {
    for (let i = 0; i < 1_000; i += 1) {
      socket.send('', { fin: false });
    }
  },
};

test.for(Object.keys(floods))('%s closes the socket before it is all there', async (name) => {
  const socket = await openSignedIn(await accessToken());
  floods[name]?.(socket);
  expect(await closeCode(socket)).toBe(1008);
});

test('a message in a few fragments is read, as often as one comes', async () => {
  const socket = await openSignedIn(await accessToken());
  const messages = collect(socket);
  for (let id = 1; id <= 8; id += 1) {
    const parts = subscribe(id).match(/.{1,8}/g) ?? [];
    parts.forEach((part, index) => socket.send(part, { fin: index === parts.length - 1 }));
  }
  await expect
    .poll(() => messages.filter(({ result }) => result?.type === 'started'))
    .toHaveLength(8);
  socket.terminate();
});

test('a frame in more pieces than a network makes closes the socket', async () => {
  const socket = await openSignedIn(await accessToken());
  const { _socket: raw } = socket as unknown as { _socket: Socket };
  const code = closeCode(socket);
  // A masked text of 60,000 bytes, one at a time.
  raw.write(Buffer.from([0x81, 0xfe, 0xea, 0x60, 0, 0, 0, 0]));
  for (let i = 0; i < 30_000 && socket.readyState === WebSocket.OPEN; i += 1) {
    raw.write('x');
    await wait(0);
  }
  expect(await code).toBe(1008);
});

test('who only pings is not answered faster than who asks', async () => {
  const socket = await openSignedIn(await accessToken());
  for (let i = 0; i < 500; i += 1) {
    socket.ping();
  }
  expect(await closeCode(socket)).toBe(4429);
});

test('a frame that is not the protocol is answered with an error, and the socket stays', async () => {
  const socket = await openSignedIn(await accessToken());
  const messages = collect(socket);
  for (const bad of [
    '{',
    '"x"',
    '[]',
    '{"id":1}',
    '{"id":1,"method":"nothing"}',
    '{"id":1,"method":"query","params":{"path":"no.such"}}',
  ]) {
    socket.send(bad);
  }
  socket.send(subscribe(7));
  await expect
    .poll(() => messages.some(({ id, result }) => id === 7 && result?.type === 'started'))
    .toBe(true);
  expect(socket.readyState).toBe(WebSocket.OPEN);
  socket.terminate();
});

test('who sends too fast is closed, and what still comes is not done', async () => {
  const socket = await openSignedIn(await accessToken());
  const lookedUp = vi.spyOn(server.container.app.actors, 'add');
  for (let i = 0; i < 500; i += 1) {
    socket.send(JSON.stringify({ id: i, method: 'query', params: { path: 'user.me' } }));
  }
  expect(await closeCode(socket)).toBe(4429);
  expect(lookedUp.mock.calls.length).toBeLessThan(60);
});

test('a socket carries eight streams', async () => {
  const socket = await openSignedIn(await accessToken());
  const messages = collect(socket);
  for (let id = 1; id <= 9; id += 1) {
    socket.send(subscribe(id));
  }
  await expect
    .poll(() => messages.find(({ error }) => error)?.error?.json?.data.appCode)
    .toBe('STREAM_TOO_MANY');
  expect(messages.filter(({ result }) => result?.type === 'started').length).toBeGreaterThanOrEqual(
    8,
  );
  expect(socket.readyState).toBe(WebSocket.OPEN);
  socket.terminate();
});

test('the eleventh socket of a person takes the place of the first', async () => {
  const token = await accessToken();
  const first = await openSignedIn(token);
  const replaced = closeCode(first);
  const others: WebSocket[] = [];
  for (let i = 0; i < 10; i += 1) {
    others.push(await openSignedIn(token));
  }
  expect(await replaced).toBe(4409);
  for (const socket of others) {
    socket.terminate();
  }
});

test('the eleventh socket takes the place of the one that it names, if that is of the same person', async () => {
  const token = await accessToken();
  const ten: Awaited<ReturnType<typeof listenAt>>[] = [];
  for (let i = 0; i < 10; i += 1) {
    ten.push(await listenAt(server, token));
  }
  const closed: number[] = [];
  ten.forEach(({ socket }, index) => socket.on('close', () => closed.push(index)));
  const sixth = closeCode(ten[6]!.socket);
  const successor = await listenAt(server, token, ten[6]!.connectionId);
  expect(await sixth).toBe(4409);
  expect(closed).toEqual([6]);

  const stranger = await listenAt(server, await accessToken());
  const first = closeCode(ten[0]!.socket);
  const another = await listenAt(server, token, stranger.connectionId);
  expect(await first).toBe(4409);
  expect(closed).toEqual([6, 0]);
  // What is on its way out is counted no more, and can be named for nothing.
  const second = closeCode(ten[1]!.socket);
  const last = await listenAt(server, token, ten[6]!.connectionId);
  expect(await second).toBe(4409);
  expect(stranger.socket.readyState).toBe(WebSocket.OPEN);
  for (const { socket } of [...ten, successor, another, last, stranger]) {
    socket.terminate();
  }
});

test('a client that moves to another socket beside nine costs nobody theirs', async () => {
  const phone = newPhone();
  const asked: WebSocket[] = [];
  class Told extends WebSocket {
    constructor(url: string) {
      super(url);
      asked.push(this);
    }
  }
  const errors: unknown[] = [];
  const client = server.client({ WebSocket: Told });
  const { challengeId } = await client.otp.request.mutate({ phone });
  const code = await server.code(phone);
  const { accessToken: token } = await client.otp.verify.mutate({ challengeId, code });
  const others = [await listenAt(server, token)];
  const ready: unknown[] = [];
  client.stream.onEvent.subscribe(undefined, {
    onData: ({ data }) => data.type === 'stream.ready' && ready.push(data),
    onError: (error) => errors.push(error),
  });
  await expect.poll(() => ready).toHaveLength(1);
  while (others.length < 9) {
    others.push(await listenAt(server, token));
  }
  const notice = Buffer.from('{"id":null,"method":"reconnect"}');
  asked[0]?.emit('message', notice, false);
  await expect.poll(() => ready, { timeout: 5_000 }).toHaveLength(2);
  await expect.poll(() => asked[0]?.readyState).toBe(WebSocket.CLOSED);
  expect(others.map(({ socket }) => socket.readyState)).toEqual(others.map(() => WebSocket.OPEN));
  expect(asked).toHaveLength(2);
  expect(errors).toEqual([]);
  others.forEach(({ socket }) => socket.terminate());
});

test('a socket ends with its token, and lives on when another process is given a new one for it', async () => {
  await using database = await cloneDatabase();
  const [phone, strange, code] = ['+989130900001', '+989130900002', '123456'];
  const env = {
    HUB: 'postgres',
    SECRET_KEY: 'two-nodes-that-share-one-secret-2',
    OTP_TEST_NUMBERS: `${phone}:${code},${strange}:${code}`,
    OTP_TEST_NUMBERS_UNTIL: '2099-12-31',
  };
  await using here = await startServer(env, database);
  await using there = await startServer(env, database);
  const [clockHere, clockThere] = [setClock(here), setClock(there)];
  const [client, stranger] = [there.client(), there.client()];
  const asked = await client.otp.request.mutate({ phone });
  const { accessToken: token, refreshToken } = await client.otp.verify.mutate({
    challengeId: asked.challengeId,
    code,
  });
  const [kept, left] = await Promise.all([listenAt(here, token), listenAt(here, token)]);
  const [keptCode, leftCode] = [closeCode(kept.socket), closeCode(left.socket)];
  await expect.poll(() => there.container.app.deps.hub.isConnected).toBe(true);

  const laterMs = 100_000;
  clockThere.aheadMs = laterMs;
  await client.session.refresh.mutate({ refreshToken, attemptId: newId() });
  await client.stream.renew.mutate({ connectionId: kept.connectionId });
  // A socket of somebody else takes no notice.
  const { challengeId } = await stranger.otp.request.mutate({ phone: strange });
  await stranger.otp.verify.mutate({ challengeId, code });
  await stranger.stream.renew.mutate({ connectionId: left.connectionId });

  const lifeMs = 300_000;
  const graceMs = 25_000;
  clockHere.aheadMs = lifeMs + graceMs + 1_000;
  expect(await leftCode).toBe(4401);
  expect(kept.socket.readyState).toBe(WebSocket.OPEN);
  clockHere.aheadMs += laterMs;
  expect(await keptCode).toBe(4401);
});

/** Gives a server a clock that the test can put forward. */
function setClock(of: TestServer): { aheadMs: number } {
  const clock = { aheadMs: 0, now: () => new Date(Date.now() + clock.aheadMs) };
  of.container.app.deps.clock = clock;
  return clock;
}

/** Opens the live stream without the client package. */
async function listenAt(
  at: TestServer,
  token: string,
  replaces?: string,
): Promise<{ socket: WebSocket; connectionId: string }> {
  const socket = new WebSocket(`${at.url.replace('http', 'ws')}/trpc?connectionParams=1`);
  await once(socket, 'open');
  const ready = Promise.withResolvers<string>();
  socket.on('message', (data: Buffer) => {
    const connectionId = /"connectionId":"([^"]+)"/.exec(data.toString())?.[1];
    if (connectionId !== undefined) {
      ready.resolve(connectionId);
    }
  });
  socket.send(params(token, replaces));
  socket.send(subscribe(1));
  return { socket, connectionId: await ready.promise };
}

test('ending a session closes its sockets, and only those', async () => {
  const phone = newPhone();
  const phoneApp = await server.signIn(phone);
  const ended = Promise.withResolvers<string>();
  const laptop = server.client({ onSessionEnd: ({ reason }) => ended.resolve(reason) });
  await signInAgain(laptop, phone);
  const { items } = await laptop.session.list.query();
  const laptopSession = items.find(({ isCurrent }) => isCurrent)?.id ?? '';
  const ready = Promise.withResolvers<undefined>();
  laptop.stream.onEvent.subscribe(undefined, {
    onData: ({ data }) => data.type === 'stream.ready' && ready.resolve(undefined),
  });
  await ready.promise;
  await phoneApp.session.remove.mutate({ sessionId: laptopSession });
  expect(await ended.promise).toBe('ended');
  await expect(phoneApp.user.me.query()).resolves.toMatchObject({ phone });
});

/** A second login within the minute needs the resend rule out of the way. */
async function signInAgain(client: ChaparClient, phone: string): Promise<void> {
  const { db } = server.container.app;
  await db
    .updateTable('otp_challenges')
    .set({ created_at: new Date(Date.now() - 3_600_000) })
    .where('contact', '=', phone)
    .execute();
  const before = await server.code(phone);
  const { challengeId } = await client.otp.request.mutate({ phone });
  await expect.poll(() => server.code(phone)).not.toBe(before);
  await client.otp.verify.mutate({ challengeId, code: await server.code(phone) });
}

test('a server that goes down tells its sockets to come back', async () => {
  const other = await startServer();
  const phone = newPhone();
  const client = other.client();
  const { challengeId } = await client.otp.request.mutate({ phone });
  const { accessToken: token } = await client.otp.verify.mutate({
    challengeId,
    code: await other.code(phone),
  });
  const socket = new WebSocket(`${other.url.replace('http', 'ws')}/trpc?connectionParams=1`);
  await once(socket, 'open');
  socket.send(params(token));
  socket.send(subscribe(1));
  const code = closeCode(socket);
  await other.close();
  expect(await code).toBe(1012);
});

test('what is cut off in the middle is resumed by the client, nothing lost and nothing doubled', async () => {
  const [sara, reza] = [await server.signIn(newPhone()), await server.signIn(newPhone())];
  const { id: rezaId } = await reza.user.me.query();
  const request = await sara.friend.request.mutate({ userId: rezaId });
  await reza.friend.accept.mutate({ requestId: request.id });
  const { id: conversationId } = await sara.chat.start.mutate({ userId: rezaId });
  const events: StreamEvent[] = [];
  const ready = Promise.withResolvers<undefined>();
  reza.stream.onEvent.subscribe(undefined, {
    onData({ data }) {
      events.push(data);
      if (data.type === 'stream.ready') {
        ready.resolve(undefined);
      }
    },
  });
  await ready.promise;
  const texts = Array.from({ length: 200 }, (_, index) => `${index + 1}`);
  let sent = 0;
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let text = texts.shift(); text !== undefined; text = texts.shift()) {
        await sara.chat.send.mutate({ conversationId, id: newId(), text });
        sent += 1;
        if (sent === 50 || sent === 120) {
          server.cutSockets();
        }
      }
    }),
  );
  const seqs = (): number[] =>
    events.flatMap((event) => (event.type === 'chat.message' ? [event.seq] : []));
  await expect.poll(() => seqs().length, { timeout: 15_000 }).toBe(200);
  expect(seqs()).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
});

test('a socket without a stream is closed too when its session ends, be the news of it lost', async () => {
  await using database = await cloneDatabase();
  const [phone, code] = ['+989130900003', '123456'];
  const env = {
    HUB: 'memory',
    SECRET_KEY: 'two-nodes-that-hear-nothing-of-each-other',
    OTP_TEST_NUMBERS: `${phone}:${code}`,
    OTP_TEST_NUMBERS_UNTIL: '2099-12-31',
  };
  await using here = await startServer(env, database);
  await using there = await startServer(env, database);
  const client = there.client();
  const { challengeId } = await client.otp.request.mutate({ phone });
  const { accessToken: token } = await client.otp.verify.mutate({ challengeId, code });
  const socket = new WebSocket(`${here.url.replace('http', 'ws')}/trpc?connectionParams=1`);
  await once(socket, 'open');
  socket.send(params(token));
  socket.send(JSON.stringify({ id: 1, method: 'query', params: { path: 'user.me' } }));
  await once(socket, 'message');
  const closed = closeCode(socket);
  await client.session.end.mutate();
  expect(await closed).toBe(4403);
}, 40_000);
