import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { appRouter } from '@chapar/api';
import { newId } from '@chapar/client';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { readConnection } from '../src/context.ts';
import { textFrame } from '../src/transports/frame.ts';
import { startServer, type TestServer } from './harness.ts';

interface Frame {
  id: number;
  jsonrpc?: string;
  result?: { type: string; id?: string; data?: { json: { id: string; data: { type: string } } } };
}

/** tRPC's own WebSocket server as its documentation shows it, on the product of `server`. */
async function startPlain(server: TestServer): Promise<{ url: string; close(): void }> {
  const { app } = server.container;
  const http = createServer().listen(0, '127.0.0.1');
  const wss = new WebSocketServer({ server: http });
  const serve = getWSConnectionHandler({
    wss,
    router: appRouter,
    createContext({ req, res, info }) {
      const token = info.connectionParams?.['token'] ?? null;
      const facts = { id: newId(), ip: '127.0.0.1', headers: req.headers };
      const socket = {
        id: newId(),
        openStream: () => () => undefined,
        drained: () => Promise.resolve(true),
        sink: () => null,
        close: (code: number) => res.close(code),
      };
      return { ...readConnection(app, facts, { token, device: null }), socket };
    },
  });
  wss.on('connection', serve);
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/?connectionParams=1`,
    close() {
      wss.clients.forEach((client) => client.terminate());
      http.close();
    },
  };
}

/** Subscribes without the client package. @returns frames as they come, parsed */
async function listen(
  url: string,
  { token, jsonrpc }: { token: string; jsonrpc?: string },
): Promise<Frame[]> {
  const socket = new WebSocket(url);
  const frames: Frame[] = [];
  socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as Frame));
  await once(socket, 'open');
  socket.send(JSON.stringify({ method: 'connectionParams', data: { token } }));
  const params = { path: 'stream.onEvent', input: {} };
  socket.send(JSON.stringify({ id: 7, jsonrpc, method: 'subscription', params }));
  await expect
    .poll(() => frames.some(({ result }) => typeOf(result) === 'stream.ready'))
    .toBe(true);
  return frames;
}

const typeOf = (result: Frame['result']): string | undefined => result?.data?.json.data.type;

/** Frames without what differs from connection to connection and from moment to moment. */
function comparable(frames: readonly Frame[]): unknown[] {
  return frames
    .filter(({ result }) => typeOf(result) !== 'stream.beacon')
    .map(
      (frame) =>
        JSON.parse(
          JSON.stringify(frame)
            .replaceAll(/"id":"\d+"/g, '"id":"cursor"')
            .replace(/"connectionId":"[^"]+"/, '"connectionId":""'),
        ) as unknown,
    );
}

test('what goes past tRPC is what tRPC would have written', async () => {
  await using server = await startServer();
  const plain = await startPlain(server);
  const [sara, reza] = [await server.signIn('+989120003001'), server.client()];
  const phone = '+989120003002';
  const { challengeId } = await reza.otp.request.mutate({ phone });
  const code = await server.code(phone);
  const { accessToken: token } = await reza.otp.verify.mutate({ challengeId, code });
  const { id: userId } = await reza.user.me.query();
  const { id: requestId } = await sara.friend.request.mutate({ userId });
  await reza.friend.accept.mutate({ requestId });
  const { id: chat } = await sara.chat.start.mutate({ userId });
  const fast = `${server.url.replace('http', 'ws')}/trpc?connectionParams=1`;
  const [ours, theirs] = await Promise.all([listen(fast, { token }), listen(plain.url, { token })]);
  const [ours2, theirs2] = await Promise.all(
    [fast, plain.url].map((url) => listen(url, { token, jsonrpc: '2.0' })),
  );
  const texts = ['سلام، «دوست» من', 'a\n"b"\\ \u2028 <script> 🧑‍🚀', 'x'.repeat(4_096), '۱۲۳'];
  for (const text of texts) {
    await sara.chat.send.mutate({ conversationId: chat, id: newId(), text });
  }
  await sara.chat.markRead.mutate({ conversationId: chat, seq: 2 });
  await reza.chat.markRead.mutate({ conversationId: chat, seq: 2 });
  await reza.user.update.mutate({ firstName: 'رضا' });
  for (const frames of [ours, theirs, ours2 ?? [], theirs2 ?? []]) {
    await expect
      .poll(() => frames.filter(({ result }) => typeOf(result) === 'user.updated'))
      .not.toEqual([]);
  }
  expect(ours.length).toBeGreaterThan(texts.length);
  expect(comparable(ours)).toEqual(comparable(theirs));
  expect(comparable(ours2 ?? [])).toEqual(comparable(theirs2 ?? []));
  // The id of the message and that of its value are one.
  for (const { result } of ours) {
    expect(result?.data?.json.id).toBe(result?.id);
  }
  plain.close();
});

test.for([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])(
  'a frame of %d bytes is read as it was written',
  async (length) => {
    const http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    const text = 'س'.repeat(Math.floor(length / 2)) + 'x'.repeat(length % 2);
    http.on('upgrade', (request, raw, head) => {
      wss.handleUpgrade(request, raw, head, (socket) => {
        raw.write(Buffer.concat([textFrame(text), textFrame('next')]));
        socket.send('after');
      });
    });
    const { port } = http.address() as AddressInfo;
    const client = new WebSocket(`ws://127.0.0.1:${port}`);
    const got: string[] = [];
    client.on('message', (data: Buffer) => got.push(data.toString()));
    await expect.poll(() => got).toEqual([text, 'next', 'after']);
    client.terminate();
    http.close();
  },
);
