import { getUntypedClient } from '@trpc/client';
import { vi } from 'vitest';
import {
  createChaparClient,
  memoryTokenStore,
  type ChaparClient,
  type ChaparClientOptions,
  type StreamEvent,
  type TokenStore,
} from '../src/index.ts';
import type { Entry } from './fake-log.ts';
import { FakeServer } from './fake-server.ts';

/** A client and its own fake server. */
export interface Setup extends AsyncDisposable {
  server: FakeServer;
  client: ChaparClient;
  store: TokenStore;
  /** Reasons by which sessions have ended. */
  ends: string[];
  /** States of the live connection, in order. */
  states: string[];
}

export async function setUp(options: Partial<ChaparClientOptions> = {}): Promise<Setup> {
  const server = await new FakeServer().start();
  const store = options.tokenStore ?? memoryTokenStore();
  const ends: string[] = [];
  const states: string[] = [];
  const client = createChaparClient({
    url: server.url,
    tokenStore: store,
    onSessionEnd: ({ reason }) => ends.push(reason),
    onConnectionChange: (state) => states.push(state),
    ...options,
  });
  return {
    server,
    client,
    store,
    ends,
    states,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.stop();
    },
  };
}

export async function signIn({ client }: Setup): Promise<void> {
  await client.otp.verify.mutate({ challengeId: 'c', code: '123456' });
}

/** Calls a mutation by its name, also one that the types do not list. */
export function mutate({ client }: Setup, path: string): Promise<unknown> {
  return getUntypedClient(client).mutation(path, {});
}

/** What a call fails by. */
export function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => new Error('the call did not fail'),
    (error: unknown) => error,
  );
}

/** What a listener has heard. */
export interface Heard {
  events: StreamEvent[];
  /** `stream:seq` of the stored events, in order. */
  seqs: string[];
  errors: unknown[];
  completed: number;
  stop(): void;
}

export function listen({ client }: Setup, lastEventId?: string): Heard {
  const heard: Heard = { events: [], seqs: [], errors: [], completed: 0, stop: () => undefined };
  const input = lastEventId === undefined ? undefined : { lastEventId };
  const subscription = client.stream.onEvent.subscribe(input, {
    onData({ data: event }) {
      heard.events.push(event);
      if ('seq' in event) {
        heard.seqs.push(`${event.streamId}:${event.seq}`);
      }
    },
    onError: (error) => heard.errors.push(error),
    onComplete: () => {
      heard.completed += 1;
    },
  });
  heard.stop = () => subscription.unsubscribe();
  return heard;
}

/** A client that is signed in and hears the live stream. */
export async function setUpListening(
  options: Partial<ChaparClientOptions> = {},
): Promise<Setup & { heard: Heard }> {
  const it = await setUp(options);
  await signIn(it);
  const heard = listen(it);
  await vi.waitUntil(() => heard.events.length === 1);
  return { ...it, heard };
}

/** A stored event. @param cursor its place in the log, which it may share with others */
export function updated(seq: number, cursor = 10, streamId = 's'): Entry {
  const event = { type: 'user.updated', streamId, seq, at: '', body: {} };
  return { cursor, event };
}

/** Runs one after the other, as a lock across tabs does. */
export function mutex(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => null);
    return result;
  };
}
