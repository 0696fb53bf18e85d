import { vi } from 'vitest';
import { createChaparClient, memoryTokenStore, type ChaparClient } from '../src/index.ts';
import { SilentSocket } from './silent-socket.ts';

/** Has time stand still, with waits of half their ceiling and no socket yet. */
export function stopTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  SilentSocket.all = [];
}

/** A signed-in client on a network that says nothing by itself. */
export class SilentClient {
  /** The events' numbers, in order. */
  readonly seen: number[] = [];
  readonly errors: unknown[] = [];
  /** States of the live connection, in order. */
  readonly states: string[] = [];
  readonly client: ChaparClient = createChaparClient({
    url: 'http://silent.test/',
    tokenStore: memoryTokenStore({ accessToken: 'a', refreshToken: 'r' }),
    WebSocket: SilentSocket,
    onConnectionChange: (state) => this.states.push(state),
  });

  follow(): { unsubscribe(): void } {
    return this.client.stream.onEvent.subscribe(undefined, {
      onData: ({ data: event }) => 'seq' in event && this.seen.push(event.seq),
      onError: (error) => this.errors.push(error),
    });
  }
}

/** A socket of those that were opened, once it is open. */
export async function opened(index: number): Promise<SilentSocket> {
  await vi.advanceTimersByTimeAsync(10);
  const socket = SilentSocket.all[index]!;
  socket.open();
  await vi.advanceTimersByTimeAsync(10);
  return socket;
}
