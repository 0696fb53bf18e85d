import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { DeliveryState } from '../outcome.ts';
import { FakeClock } from './fake-clock.ts';
import { readRequest, sendReply, type FakeReply, type FakeRequest } from './fake-http.ts';

export type { FakeReply, FakeRequest };

/** A message that the fake has taken, so that the real provider would have sent it. */
export interface StoredMessage {
  id: string;
  /** As the adapter wrote it. */
  to: string;
  /** The text, or the template's text with its values. */
  text: string;
  template: string | null;
  values: readonly string[];
  line: string | null;
  /** Our number of the message, where the provider takes one. */
  ref: string | null;
  storedAt: Date;
}

/** A template that is approved at the fake's account. */
export interface FakeTemplate {
  /** Name or number. */
  name: string;
  /** Names of the variables, in order. */
  variables: readonly string[];
}

export interface FakeOptions {
  clock?: FakeClock;
  templates?: readonly FakeTemplate[];
  lines?: readonly string[];
  /** Of the account, in the provider's unit. */
  credit?: number;
  /** How late a late answer comes, in milliseconds. */
  lateMs?: number;
  port?: number;
}

/** What the last four digits of a recipient bring about; every other number is delivered. */
export const faultyRecipients = {
  undelivered: '0002',
  blacklisted: '0003',
  carrierFailure: '0004',
  staysSent: '0005',
  lateButStored: '0010',
  droppedAfterStoring: '0011',
  droppedBeforeStoring: '0012',
  brokenPage: '0013',
  cutAnswer: '0014',
  unavailable: '0015',
  throttledOnce: '0020',
} as const;

/** Keys that a fake refuses in the way that they name. Every other key is right. */
export const refusedKeys = {
  bad: 'key-bad',
  noCredit: 'key-nocredit',
  ip: 'key-ip',
  disabled: 'key-disabled',
} as const;

const afterSeconds = { sent: 1, final: 300 };

/**
 * The part that all fake providers share: an HTTP server on loopback that keeps what it has taken,
 * a clock that tests move, and the faults by recipient and key. A subclass speaks one provider's
 * HTTP. `GET /__log` lists what was taken as JSON, for other processes.
 */
export abstract class FakeProvider implements AsyncDisposable {
  readonly clock: FakeClock;
  /** What the provider has taken, oldest first: each of these is an SMS on somebody's phone. */
  readonly log: StoredMessage[] = [];
  /** Every request that came, oldest first. */
  readonly requests: FakeRequest[] = [];
  /** How many connections were made. */
  connections = 0;
  credit: number;
  protected readonly options: Required<Omit<FakeOptions, 'clock' | 'credit'>>;
  readonly #server: Server;
  readonly #throttled = new Set<string>();
  #port = 0;

  constructor(options: FakeOptions = {}) {
    this.clock = options.clock ?? new FakeClock();
    this.credit = options.credit ?? 1_500_000;
    this.options = {
      templates: options.templates ?? [],
      lines: options.lines ?? ['10008000'],
      lateMs: options.lateMs ?? 30_000,
      port: options.port ?? 0,
    };
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
    this.#server.on('connection', () => {
      this.connections += 1;
    });
  }

  /** Base address for the adapter. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Begins to listen; after {@link stop} at the same port as before. */
  async start(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port || this.options.port, '127.0.0.1', resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** Refuses connections, as a provider that is down. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Answers a request of the provider's real API. */
  protected abstract route(request: FakeRequest): FakeReply;

  /** What the provider answers to somebody who sends too much. */
  protected abstract throttled(): FakeReply;

  /**
   * Takes a message, or does what the recipient's last digits ask for.
   *
   * @param reply makes the answer of success out of the stored message
   */
  protected take(
    message: Omit<StoredMessage, 'storedAt'>,
    reply: (stored: StoredMessage) => FakeReply,
  ): FakeReply {
    return this.#before(message.to) ?? this.#after([message.to], reply(this.#store(message)));
  }

  /** The same for a call with many messages: one recipient's fault is the fault of the call. */
  protected takeAll(
    messages: readonly Omit<StoredMessage, 'storedAt'>[],
    reply: (stored: readonly StoredMessage[]) => FakeReply,
  ): FakeReply {
    const recipients = messages.map(({ to }) => to);
    for (const to of recipients) {
      const refusal = this.#before(to);
      if (refusal) {
        return refusal;
      }
    }
    return this.#after(recipients, reply(messages.map((message) => this.#store(message))));
  }

  #store(message: Omit<StoredMessage, 'storedAt'>): StoredMessage {
    const stored = { ...message, storedAt: this.clock.now() };
    this.log.push(stored);
    return stored;
  }

  /** Faults that come instead of taking a message. */
  #before(to: string): FakeReply | null {
    switch (to.slice(-4)) {
      case faultyRecipients.droppedBeforeStoring:
        return { status: 0, body: '', drop: true };
      case faultyRecipients.brokenPage:
        return { status: 500, body: '<html><body>Server Error</body></html>', type: 'text/html' };
      case faultyRecipients.unavailable:
        return { status: 503, body: '' };
      case faultyRecipients.throttledOnce:
        if (!this.#throttled.has(to)) {
          this.#throttled.add(to);
          return this.throttled();
        }
        return null;
      default:
        return null;
    }
  }

  /** Faults that spoil the answer for messages that were taken. */
  #after(recipients: readonly string[], answer: FakeReply): FakeReply {
    const faults = new Set(recipients.map((to) => to.slice(-4)));
    if (faults.has(faultyRecipients.lateButStored)) {
      return { ...answer, delayMs: this.options.lateMs };
    }
    if (faults.has(faultyRecipients.droppedAfterStoring)) {
      return { ...answer, drop: true };
    }
    return faults.has(faultyRecipients.cutAnswer)
      ? { ...answer, body: answer.body.slice(0, Math.floor(answer.body.length / 2)) }
      : answer;
  }

  /** Where a message is by the fake's clock. */
  stateOf(message: StoredMessage): DeliveryState {
    const age = (this.clock.now().getTime() - message.storedAt.getTime()) / 1_000;
    if (age < afterSeconds.sent) {
      return 'queued';
    }
    switch (message.to.slice(-4)) {
      case faultyRecipients.blacklisted:
        return 'blacklisted';
      case faultyRecipients.staysSent:
        return 'sent-to-carrier';
      case faultyRecipients.undelivered:
        return age < afterSeconds.final ? 'sent-to-carrier' : 'undelivered';
      case faultyRecipients.carrierFailure:
        return age < afterSeconds.final ? 'sent-to-carrier' : 'failed';
      default:
        return age < afterSeconds.final ? 'sent-to-carrier' : 'delivered';
    }
  }

  protected template(name: string): FakeTemplate | undefined {
    return this.options.templates.find((template) => template.name === name);
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(incoming);
    if (request === null) {
      return;
    }
    if (request.path === '/__log') {
      sendReply(response, { status: 200, body: JSON.stringify(this.log) });
      return;
    }
    this.requests.push(request);
    const reply = this.route(request);
    if (reply.delayMs !== undefined) {
      await wait(reply.delayMs, undefined, { ref: false });
    }
    if (reply.drop) {
      incoming.socket.destroy();
      return;
    }
    sendReply(response, reply);
  }
}
