import { createSecretKey, randomBytes, randomInt } from 'node:crypto';
import { runOnce } from 'graphile-worker';
import type { App } from '../app.ts';
import type { Connection } from '../call.ts';
import { defaultConfig } from '../config.ts';
import { quietLogger } from '../database/queue.ts';
import { createApp } from '../create-app.ts';
import { openDatabase, type Database } from '../database/orm.ts';
import type {
  ApiConfig,
  BreachList,
  ChatConfig,
  CaptchaGateway,
  Deps,
  MailGateway,
} from '../deps.ts';
import type { Limiter } from '../limits/limiter.ts';
import { createIdSource } from '../kernel/id.ts';
import { createTaskList } from '../jobs.ts';
import type { Hub } from '../realtime/hub.ts';
import { createMemoryHub } from '../realtime/memory-hub.ts';
import { smsTemplates } from '../sms-templates.ts';
import { Actor } from './actor.ts';
import { FakeMail } from './fake-mail.ts';
import { FakeSms } from './fake-sms.ts';
import { TestClock } from './test-clock.ts';
import { cloneDatabase, type TestDatabase } from './test-database.ts';

/** What a test may replace. */
export interface TestApiOptions {
  config?: Partial<Omit<ApiConfig, 'chat'>>;
  chat?: Partial<ChatConfig>;
  hub?: Hub;
  clock?: TestClock;
  /** Null for a server without mail. */
  mail?: MailGateway | null;
  captcha?: CaptchaGateway;
  breaches?: BreachList;
  sharedLimiter?: Limiter;
  /** Another node on the database of this one. */
  on?: TestApi;
}

const keyBytes = 32;
/** What an operator may have beside the product's own. */
const testTemplates = [
  { name: 'T1', texts: { fa: 'سفارش {order} آماده است.', en: 'Order {order} is ready.' } },
];
/** Tests of something else send as fast as they can. */
const unlimited = { perSecond: 1_000_000, burst: 1_000_000 };
const fastChat = {
  ...defaultConfig.chat,
  sendsPerPerson: unlimited,
  sendsPerConversation: unlimited,
  newAccountHours: 0,
};
const fastStream = { ...defaultConfig.stream, auditMs: 50, beaconMs: 200, cursorLagMs: 0 };

/**
 * The product on a real database of its own, without a transport: procedures are called as the
 * transports call them. `await using` closes it and drops the database.
 */
export async function createTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const database = options.on ? null : await cloneDatabase();
  const url = options.on?.databaseUrl ?? database?.url ?? '';
  const opened = await openDatabase({ url });
  const clock = options.clock ?? options.on?.clock ?? new TestClock();
  const chat = { ...fastChat, ...options.chat };
  const config = { ...defaultConfig, stream: fastStream, ...options.config, chat };
  const sms = options.on?.sms ?? new FakeSms([...smsTemplates(config), ...testTemplates]);
  const mail = options.on?.mail ?? new FakeMail();
  const warnings = options.on?.warnings ?? [];
  const deps: Deps = {
    clock,
    random: { bytes: randomBytes, integer: (below) => randomInt(below) },
    newId: createIdSource({ now: () => new Date() }, randomBytes),
    sms,
    mail: options.mail === undefined ? mail : options.mail,
    captcha: options.captcha ?? null,
    breaches: options.breaches ?? null,
    hub: options.hub ?? createMemoryHub(),
    log: {
      info: () => undefined,
      warn: (data, message) => warnings.push({ ...data, message }),
      error: () => undefined,
    },
  };
  const secrets = options.on?.app.secrets ?? {
    accessToken: createSecretKey(randomBytes(keyBytes)),
    refreshToken: createSecretKey(randomBytes(keyBytes)),
    otp: createSecretKey(randomBytes(keyBytes)),
    seal: createSecretKey(randomBytes(keyBytes)),
  };
  const { sharedLimiter } = options;
  const app = await createApp({
    database: opened,
    deps,
    config,
    secrets,
    ...(sharedLimiter && { sharedLimiter }),
  });
  return new TestApi({ app, opened, database, databaseUrl: url, clock, sms, mail, warnings });
}

interface TestApiParts {
  app: App;
  opened: Database;
  database: TestDatabase | null;
  databaseUrl: string;
  clock: TestClock;
  sms: FakeSms;
  mail: FakeMail;
  warnings: object[];
}

export class TestApi {
  readonly app: App;
  readonly databaseUrl: string;
  readonly clock: TestClock;
  readonly sms: FakeSms;
  readonly mail: FakeMail;
  /** What was logged as a warning. */
  readonly warnings: object[];
  readonly #parts: TestApiParts;
  #people = 0;
  #jobs = Promise.resolve();

  constructor(parts: TestApiParts) {
    this.app = parts.app;
    this.databaseUrl = parts.databaseUrl;
    this.clock = parts.clock;
    this.sms = parts.sms;
    this.mail = parts.mail;
    this.warnings = parts.warnings;
    this.#parts = parts;
  }

  get database(): Database {
    return this.#parts.opened;
  }

  /** Somebody who has not signed in, at an address of their own. */
  anonymous(facts: Partial<Connection> = {}): Actor {
    this.#people += 1;
    const ip = `10.${(this.#people >> 16) & 255}.${(this.#people >> 8) & 255}.${this.#people & 255}`;
    return new Actor(this, {
      app: this.app,
      requestId: `test-${this.#people}`,
      ip,
      userAgent: 'test',
      deviceKey: null,
      language: 'en',
      auth: { status: 'none' },
      socket: null,
      ...facts,
    });
  }

  /**
   * Somebody who has just signed in, under a number that nobody else has. A code is sent for it
   * only where a test asks for that: most are about something else, and it takes most of the time.
   */
  async signUp(
    options: {
      phone?: string;
      role?: 'staff' | 'admin';
      firstName?: string;
      byCode?: boolean;
    } = {},
  ): Promise<Actor> {
    const actor = this.anonymous();
    // Each in a block of a thousand numbers of its own: a block gets few codes.
    const digits = String(this.#people * 1_000).padStart(7, '0');
    const phone = options.phone ?? `+98912${digits}`;
    await (options.byCode ? actor.signIn(phone) : actor.signInWithoutCode(phone));
    if (options.role) {
      const role = options.role;
      await this.app.db.updateTable('users').set({ role }).where('id', '=', actor.id).execute();
    }
    if (options.firstName) {
      await actor.api.user.update({ firstName: options.firstName });
    }
    return actor;
  }

  /** Two people who are friends. */
  async signUpFriends(options: { byCode?: boolean } = {}): Promise<[Actor, Actor]> {
    const [a, b] = [await this.signUp(options), await this.signUp(options)];
    const { id } = await a.api.friend.request({ userId: b.id });
    await b.api.friend.accept({ requestId: id });
    return [a, b];
  }

  /** Runs the jobs that wait; callers take turns, so that each sees its own job done. */
  runJobs(): Promise<void> {
    const { queuePool: pool } = this.#parts.opened;
    this.#jobs = this.#jobs.then(() =>
      runOnce({
        pgPool: pool,
        taskList: createTaskList(this.app),
        logger: quietLogger,
        noHandleSignals: true,
      }),
    );
    return this.#jobs;
  }

  /** Runs the jobs that wait, those for later too: whatever the clock of the database says. */
  async runLaterJobs(): Promise<void> {
    await this.#parts.opened.pool.query(
      'update graphile_worker._private_jobs set run_at = now() where run_at > now()',
    );
    await this.runJobs();
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.#parts.opened.close();
    await this.#parts.database?.drop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
