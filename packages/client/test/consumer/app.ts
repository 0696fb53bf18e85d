// An app that has nothing but the published package. Compiled, never run.
import {
  appCodeOf,
  browserOutboxStorage,
  browserTokenStore,
  createChaparClient,
  createOutbox,
  isChaparError,
  live as follow,
  memoryTokenStore,
  newId,
  OutboxFullError,
  type AppErrorCode,
  type ChaparClient,
  type ConversationView,
  type FriendRequestView,
  type FriendView,
  type LiveEvent,
  type LiveState,
  type Me,
  type MessageView,
  type Outbox,
  type OutboxEntry,
  type OutboxStorage,
  type RouterInputs,
  type RouterOutputs,
  type SessionView,
  type StreamEvent,
  type Tokens,
  type TokenStore,
  type UserCard,
} from '@chapar/client';

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<_Yes extends true>(): void {
  // Its type argument says everything.
}

class KeyChain implements TokenStore {
  #tokens: Tokens | null = null;
  get(): Promise<Tokens | null> {
    return Promise.resolve(this.#tokens);
  }
  set(tokens: Tokens | null): Promise<void> {
    this.#tokens = tokens;
    return Promise.resolve();
  }
}

const client: ChaparClient = createChaparClient({
  url: 'http://localhost:4000',
  tokenStore: new KeyChain(),
  language: 'fa',
  onSessionEnd: ({ reason }) =>
    same<Same<typeof reason, 'signed-out' | 'ended' | 'refresh-invalid' | 'inactive'>>(),
  onConnectionChange: (state) => same<Same<typeof state, 'connecting' | 'live' | 'offline'>>(),
});
createChaparClient({ url: '', tokenStore: browserTokenStore('key') });
createChaparClient({ url: '', tokenStore: memoryTokenStore() });
const kept = new Map<string, string>();
createChaparClient({
  url: '',
  tokenStore: {
    get: () => null,
    set: () => undefined,
    getDevice: () => Promise.resolve(kept.get('device') ?? null),
    setDevice: (key) => kept.set('device', key),
  },
});
// @ts-expect-error the address is needed
createChaparClient({});
// @ts-expect-error there is no such language
createChaparClient({ url: '', language: 'de' });

export async function signIn(): Promise<Me> {
  const { challengeId, expiresAt } = await client.otp.request.mutate({ phone: '0912' });
  same<Same<typeof expiresAt, Date>>();
  const { user, isNewUser } = await client.otp.verify.mutate({
    challengeId,
    code: '123456',
    device: { name: 'phone', platform: 'android' },
  });
  same<Same<typeof isNewUser, boolean>>();
  // @ts-expect-error a code is needed
  await client.otp.verify.mutate({ challengeId });
  // @ts-expect-error there is no such platform
  await client.otp.verify.mutate({ challengeId, code: '1', device: { name: '', platform: 'tv' } });
  return user;
}

export async function chat(userId: string): Promise<MessageView> {
  const conversation: ConversationView = await client.chat.start.mutate({ userId });
  const { items, nextCursor } = await client.chat.listMessages.query({
    conversationId: conversation.id,
    limit: 20,
  });
  same<Same<typeof nextCursor, string | null>>();
  // @ts-expect-error pages hold items, not messages
  items.messages;
  // @ts-expect-error a mutation is no query
  await client.chat.send.query({ conversationId: '', id: '', text: '' });
  // @ts-expect-error a message needs an id of the client's making
  await client.chat.send.mutate({ conversationId: conversation.id, text: 'hello' });
  return client.chat.send.mutate({
    conversationId: conversation.id,
    id: newId(),
    text: 'hello',
  });
}

export async function friends(): Promise<
  [FriendView[], FriendRequestView, UserCard, SessionView[]]
> {
  const { items } = await client.friend.list.query({});
  const request = await client.friend.request.mutate({ phone: '0912' });
  await client.friend.request.mutate({ userId: request.user.id });
  // @ts-expect-error one of the two
  await client.friend.request.mutate({});
  if (request.relation === 'incoming') await client.friend.accept.mutate({ requestId: request.id });
  // @ts-expect-error there is no such relation
  if (request.relation === 'enemies') throw new Error('never');
  const sessions = await client.session.list.query();
  return [items, request, request.user, sessions.items];
}

export function live(show: (text: string) => void): () => void {
  const subscription = client.stream.onEvent.subscribe(undefined, {
    onData({ id, data: event }) {
      same<Same<typeof id, string>>();
      show(describe(event));
    },
    onError(error) {
      if (appCodeOf(error) === 'SESSION_ENDED') show('bye');
    },
  });
  // @ts-expect-error subscriptions are not called
  void client.stream.onEvent.query;
  return () => subscription.unsubscribe();
}

function describe(event: StreamEvent): string {
  switch (event.type) {
    case 'chat.message':
      same<Same<typeof event.body.createdAt, string>>();
      // @ts-expect-error that is in the body of another event
      event.body.relation;
      return `${event.streamId} ${event.seq} ${event.body.text}`;
    case 'friend.requested':
      return event.body.user.firstName ?? 'somebody';
    case 'session.ended':
      return event.body.reason;
    case 'stream.ready':
      // @ts-expect-error a signal has no place in a stream
      return event.seq;
    default:
      return event.type;
  }
}

export function explain(error: unknown): string {
  const code: AppErrorCode | null = appCodeOf(error);
  // @ts-expect-error there is no such code
  if (code === 'CHAT_IS_BORING') return '';
  if (code === 'CHAT_NOT_FRIENDS') return 'write to friends';
  return isChaparError(error) ? `${error.data.httpStatus} ${error.message}` : 'no connection';
}

const input: RouterInputs['chat']['markRead'] = { conversationId: '', seq: 1 };
const output: RouterOutputs['chat']['markRead'] = { conversationId: '', readSeq: 1 };
export const marked = { input, output };

export async function leave(): Promise<void> {
  await client.session.end.mutate();
  client.wake();
  await client.close();
}

// An example of the README.
export function inbox(render: (items: readonly ConversationView[]) => void): () => void {
  const chats: LiveState<ConversationView[]> = follow(client, {
    load: async () => (await client.chat.list.query({})).items,
    apply: (items, event) => {
      same<Same<typeof event, LiveEvent>>();
      // @ts-expect-error signals of the stream are handled already
      if (event.type === 'stream.reset') return items;
      return event.type === 'chat.started'
        ? [event.body, ...items.filter(({ id }) => id !== event.body.id)]
        : items;
    },
  });
  const stop = chats.subscribe(() => {
    const { state, phase, error } = chats.get();
    same<Same<typeof phase, 'loading' | 'ready' | 'over'>>();
    same<Same<typeof error, unknown>>();
    if (state) render(state);
  });
  return () => {
    stop();
    chats.close();
  };
}

class Disk implements OutboxStorage {
  #entries: readonly OutboxEntry[] = [];
  get(): Promise<readonly OutboxEntry[]> {
    return Promise.resolve(this.#entries);
  }
  set(entries: readonly OutboxEntry[]): Promise<void> {
    this.#entries = entries;
    return Promise.resolve();
  }
}

export function write(conversationId: string, show: (text: string) => void): Outbox {
  const outbox = createOutbox(client, {
    storage: new Disk(),
    onChange: (entries) => entries.forEach(({ text, status }) => show(`${text} ${status}`)),
    onSent: (message: MessageView) => show(message.createdAt),
  });
  createOutbox(client, { storage: browserOutboxStorage() });
  createOutbox(client);
  try {
    const { id, status } = outbox.send({ conversationId, text: 'hello' });
    same<Same<typeof status, 'pending'>>();
    outbox.discard(id);
  } catch (error) {
    if (error instanceof OutboxFullError) show('full');
  }
  for (const { id, status, appCode } of outbox.get()) {
    same<Same<typeof appCode, AppErrorCode | null>>();
    if (status === 'failed' && appCode === 'CHAT_NOT_FRIENDS') outbox.retry(id);
  }
  // @ts-expect-error the outbox makes the id
  outbox.send({ conversationId, id: newId(), text: 'hello' });
  return outbox;
}
