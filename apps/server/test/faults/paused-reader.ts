import { on, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { targetOf } from './balancer.ts';

/** Where Linux lists the TCP connections of a machine, their states and what is on the way on them. */
export const connectionList = '/proc/net/tcp';
const established = '01';

/** A socket that follows the live stream and has stopped reading. */
interface PausedReader {
  socket: WebSocket;
  /** Of its own end, by which the server's is found. */
  port: number;
}

/** Follows the live stream as one does, and then reads nothing more. */
async function startPausedReader(url: string, token: string): Promise<PausedReader> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc?connectionParams=1`);
  const [[upgrade]] = await Promise.all([
    once(socket, 'upgrade') as Promise<[IncomingMessage]>,
    once(socket, 'open'),
  ]);
  socket.send(JSON.stringify({ method: 'connectionParams', data: { token } }));
  const params = { path: 'stream.onEvent', input: {} };
  socket.send(JSON.stringify({ id: 1, method: 'subscription', params }));
  await once(socket, 'message');
  socket.pause();
  return { socket, port: upgrade.socket.localPort ?? 0 };
}

/** Some of one person. */
export function startPausedReaders(
  count: number,
  url: string,
  { accessToken }: { accessToken: string },
): Promise<PausedReader[]> {
  return Promise.all(Array.from({ length: count }, () => startPausedReader(url, accessToken)));
}

/** What came to a reader until it left. */
interface End {
  messages: number;
  /** With what it was closed, unless it had got what it waited for. */
  code: number | null;
}

/** Let these read again, and leave when the message with this text has come. */
export function readAllAgain(readers: readonly PausedReader[], text: string): Promise<End[]> {
  return Promise.all(readers.map((reader) => readAgain(reader, text)));
}

async function readAgain({ socket }: PausedReader, text: string): Promise<End> {
  const end: End = { messages: 0, code: null };
  socket.once('close', (code) => {
    end.code = code;
  });
  const incoming = on(socket, 'message', { close: ['close'] });
  socket.resume();
  for await (const [data] of incoming) {
    const frame = String(data);
    end.messages += frame.includes('"chat.message"') ? 1 : 0;
    if (frame.includes(text)) {
      break;
    }
  }
  return end;
}

/**
 * Looks from outside which of the connections the server still holds: what it has dropped is not
 * established any more, whether or not the peer takes notice.
 *
 * @returns for each of these how many bytes the system still has to bring there
 */
export async function bytesOnTheWay(
  url: string,
  readers: readonly PausedReader[],
): Promise<number[]> {
  const { port } = targetOf(url);
  const held = new Map<number, number>();
  for (const line of (await readFile(connectionList, 'utf8')).split('\n')) {
    const [, near = '', far = '', state, queues = ''] = line.trim().split(/\s+/);
    if (state === established && portIn(near) === port) {
      held.set(portIn(far), Number.parseInt(queues, 16));
    }
  }
  return readers.flatMap((reader) => held.get(reader.port) ?? []);
}

/** Of an address such as `0100007F:1F90`. */
function portIn(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}
