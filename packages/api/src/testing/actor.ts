import type { MessageView, StreamEvent } from '@chapar/contract';
import type { TrackedEnvelope } from '@trpc/server';
import type { App } from '../app.ts';
import type { Call, Connection } from '../call.ts';
import { verifyAccessToken } from '../features/session/index.ts';
import { appRouter } from '../router.ts';
import { createCallerFactory } from '../trpc.ts';
import { Listener } from './listener.ts';
import type { FakeSms } from './fake-sms.ts';

const createCaller = createCallerFactory(appRouter);

type Caller = ReturnType<typeof createCaller>;

/** What an actor needs of the product under test. */
export interface ActorHost {
  app: App;
  sms: FakeSms;
  runJobs(): Promise<void>;
}

/** Somebody who uses the product: verbs for what people do, `api` for every procedure. */
export class Actor {
  readonly #api: ActorHost;
  #connection: Connection;
  #caller: Caller;
  id = '';
  phone = '';
  refreshToken = '';
  accessToken = '';

  constructor(api: ActorHost, connection: Connection) {
    this.#api = api;
    this.#connection = connection;
    this.#caller = createCaller(connection);
  }

  /** The procedures as this person calls them. */
  get api(): Caller {
    return this.#caller;
  }

  /** A call as the procedures make it, for what has no procedure of its own. */
  call(): Call {
    const { app } = this.#api;
    const { signal } = new AbortController();
    return { app, connection: this.#connection, now: app.deps.clock.now(), signal };
  }

  get sessionId(): string {
    const { auth } = this.#connection;
    return auth.status === 'verified' ? auth.sessionId : '';
  }

  /** Asks for a code and reads it from the SMS. */
  async requestCode(phone: string): Promise<{ challengeId: string; code: string }> {
    const { challengeId } = await this.api.otp.request({ phone });
    await this.#api.runJobs();
    const sms = this.#api.sms.sent.find(({ ref }) => ref === challengeId);
    return { challengeId, code: /\d{6}/.exec(sms?.text ?? '')?.[0] ?? '' };
  }

  /** Signs in by a code. */
  async signIn(phone: string): Promise<void> {
    const { challengeId, code } = await this.requestCode(phone);
    const verified = await this.api.otp.verify({ challengeId, code });
    this.id = verified.user.id;
    this.phone = verified.user.phone;
    this.useTokens(verified);
  }

  /** Goes on with another pair of tokens. */
  useTokens(pair: { accessToken: string; refreshToken: string }): void {
    this.accessToken = pair.accessToken;
    this.refreshToken = pair.refreshToken;
    const auth = verifyAccessToken(this.#api.app, pair.accessToken);
    this.#connection = { ...this.#connection, auth };
    this.#caller = createCaller(this.#connection);
  }

  /** The same person at another node. */
  at(api: ActorHost): Actor {
    const actor = new Actor(api, { ...this.#connection, app: api.app });
    actor.id = this.id;
    actor.phone = this.phone;
    actor.useTokens(this);
    return actor;
  }

  /** Sends a text under a new id. */
  say(conversationId: string, text: string): Promise<MessageView> {
    return this.api.chat.send({ conversationId, id: this.#api.app.deps.newId(), text });
  }

  /**
   * Opens the live stream, from where an earlier one stopped if told so.
   *
   * @param drained how fast this reader reads
   * @param before what happens between the guard and the first step of the stream
   */
  async listen(
    lastEventId?: string,
    drained: () => Promise<boolean> = () => Promise.resolve(true),
    before: () => Promise<void> = () => Promise.resolve(),
  ): Promise<Listener> {
    const abort = new AbortController();
    const socket = {
      openStream: () => () => undefined,
      drained,
      close: (code: number) => listener.closed(code),
    };
    const caller = createCaller({ ...this.#connection, socket }, { signal: abort.signal });
    const listener = new Listener(abort);
    const events = await caller.stream.onEvent(lastEventId ? { lastEventId } : undefined);
    await before();
    // A caller gets tracked values as they are; only transports unpack them.
    listener.follow(events as unknown as AsyncIterable<TrackedEnvelope<StreamEvent>>);
    return listener;
  }
}
