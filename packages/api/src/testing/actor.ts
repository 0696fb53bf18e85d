import { randomUUID } from 'node:crypto';
import type { Me, MessageView, OtpPurpose, StreamEvent } from '@chapar/contract';
import type { TrackedEnvelope } from '@trpc/server';
import type { App } from '../app.ts';
import type { Call, Connection } from '../call.ts';
import { transaction } from '../database/transaction.ts';
import { startSession, verifyAccessToken } from '../features/session/index.ts';
import { enterByContact, readKind } from '../features/user/index.ts';
import { readContact } from '../kernel/contact.ts';
import { appRouter } from '../router.ts';
import { createCallerFactory } from '../trpc.ts';
import { readingResults } from './reading-results.ts';
import { Listener } from './listener.ts';
import type { FakeMail } from './fake-mail.ts';
import type { FakeSms } from './fake-sms.ts';

const createCallerOfResults = createCallerFactory(appRouter);

/** Calls procedures, and reads their results as a client does. */
const createCaller: typeof createCallerOfResults = (...args) =>
  readingResults(createCallerOfResults(...args));

type Caller = ReturnType<typeof createCaller>;

/** What an actor needs of the product under test. */
export interface ActorHost {
  app: App;
  sms: FakeSms;
  mail: FakeMail;
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

  /** Asks for a code and reads it from the SMS or the mail. */
  async requestCode(
    contact: string,
    purpose: OtpPurpose = 'login',
  ): Promise<{ challengeId: string; code: string }> {
    const to = contact.includes('@') ? { email: contact } : { phone: contact };
    const { challengeId } = await this.api.otp.request({ ...to, purpose });
    return { challengeId, code: await this.readCode(challengeId) };
  }

  /** The code of a challenge, from the message that brought it; empty where there was none. */
  async readCode(challengeId: string): Promise<string> {
    await this.#api.runJobs();
    const sms = await this.#api.app.db
      .selectFrom('sms_messages')
      .select('ref')
      .where('id', '=', challengeId)
      .executeTakeFirst();
    const sent = [...this.#api.sms.sent, ...this.#api.mail.sent];
    const text = sent.find(({ ref }) => ref === (sms?.ref ?? challengeId))?.text ?? '';
    return /\b\d{3,10}\b/.exec(text)?.[0] ?? '';
  }

  /** Signs in by a code. */
  async signIn(contact: string): Promise<void> {
    const { challengeId, code } = await this.requestCode(contact);
    this.enter(await this.api.otp.verify({ challengeId, code }));
  }

  /** Is signed in as by a code, without one having been sent: for tests of something else. */
  async signInWithoutCode(phone: string): Promise<void> {
    const call = this.call();
    const kind = readKind(call.app.config, undefined);
    const contact = readContact({ phone }, call.app.config.defaultCountry);
    const login = await transaction(call, async (tx) => {
      const { user } = await enterByContact(call, tx, { contact, kind });
      const start = { userId: user.id, device: undefined, method: 'otp' as const };
      return { ...(await startSession(call, tx, start)), user };
    });
    this.enter(login);
  }

  /** Goes on as whom a login has answered. */
  enter(login: { accessToken: string; refreshToken: string; user: Me }): void {
    this.id = login.user.id;
    this.phone = login.user.phone ?? '';
    this.useTokens(login);
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
      id: randomUUID(),
      openStream: () => () => undefined,
      drained,
      sink: () => null,
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
