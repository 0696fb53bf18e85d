import type { ChaparClient } from './client.ts';
import { OutboxList, type OutboxEntry, type OutboxStorage } from './outbox-list.ts';
import { OutboxSender } from './outbox-sender.ts';
import { insideOf, type Sign } from './signs.ts';
import type { MessageView } from './types.ts';

/** Entries of all users together; failed ones count. */
const mostEntries = 1_000;
/** Options of {@link createOutbox}. */
export interface OutboxOptions {
  /** Where entries outlive the app. Default: in memory. */
  storage?: OutboxStorage;
  /** The entries of the present user have changed; see {@link Outbox.get}. */
  onChange?: (entries: readonly OutboxEntry[]) => void;
  /** The server has stored a message. Called before its entry goes. */
  onSent?: (message: MessageView) => void;
}

/** Messages that are sent as soon as that is possible. */
export interface Outbox {
  /**
   * Takes a message over and returns at once.
   *
   * @throws {OutboxFullError} when too many wait
   */
  send(message: { conversationId: string; text: string }): { id: string; status: 'pending' };
  /** What the present user has waiting or failed, oldest first. Replaced, never changed in place. */
  get(): readonly OutboxEntry[];
  /** @returns what ends it */
  subscribe(listener: () => void): () => void;
  /** Sends a failed message again, with the same id. */
  retry(id: string): void;
  /** Forgets a message. One that is being sent at this moment may arrive nevertheless. */
  discard(id: string): void;
  /** Stops sending. What is stored stays stored. */
  close(): void;
}

/** Nothing more fits into the outbox: the server has not been reached for long. */
export class OutboxFullError extends Error {
  constructor() {
    super(`the outbox holds ${mostEntries} messages; no more are taken`);
    this.name = 'OutboxFullError';
  }
}

/**
 * Makes an outbox. A message is sent again with the same id until the server has stored or refused
 * it, so it is stored once, also when answers are lost or the app is started anew. Messages of a
 * conversation keep their order.
 *
 * An entry belongs to who was signed in when it was written, and is sent as nobody else. When that
 * user signs out, it is dropped; when the session ends in another way, it waits until the same user
 * has signed in again.
 *
 * @example
 * const outbox = createOutbox(client, { onChange: (entries) => render(entries) });
 * const { id } = outbox.send({ conversationId: chat.id, text: 'سلام' });
 */
export function createOutbox(client: ChaparClient, options: OutboxOptions = {}): Outbox {
  return new KeptOutbox(client, options);
}

class KeptOutbox implements Outbox {
  readonly #client: ChaparClient;
  readonly #options: OutboxOptions;
  readonly #list: OutboxList;
  readonly #sender: OutboxSender;
  readonly #listeners = new Set<() => void>();
  readonly #stop: () => void;
  readonly #closing = new AbortController();
  #shown: readonly OutboxEntry[] = [];
  #isRunning = false;
  /** There is something new to send. */
  #isAsked = false;
  /** The network may be back. */
  #isWoken = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: ChaparClient, options: OutboxOptions) {
    this.#client = client;
    this.#options = options;
    this.#stop = insideOf(client).on((sign) => this.#heed(sign));
    this.#list = new OutboxList(options.storage ?? null, () => this.#show());
    this.#sender = new OutboxSender({
      client,
      list: this.#list,
      closed: this.#closing.signal,
      sent: (message) => queueMicrotask(() => options.onSent?.(message)),
      looked: () => this.#show(),
    });
    this.#go();
  }

  readonly send: Outbox['send'] = ({ conversationId, text }) => {
    if (this.#list.entries.length >= mostEntries) {
      throw new OutboxFullError();
    }
    const { userId } = this.#session;
    const id = this.#client.newId();
    const entry = { id, conversationId, text, status: 'pending', appCode: null, userId } as const;
    this.#sender.written(entry);
    this.#list.add(entry);
    this.#go();
    return { id, status: 'pending' };
  };

  readonly get = (): readonly OutboxEntry[] => this.#shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  readonly retry = (id: string): void => {
    const entry = this.#shown.find((other) => other.id === id);
    if (entry?.status === 'failed') {
      const userId = entry.userId ?? this.#session.userId;
      this.#sender.forget(id);
      this.#list.update(id, { status: 'pending', appCode: null, userId });
      this.#go();
    }
  };

  readonly discard = (id: string): void => {
    if (this.#shown.some((other) => other.id === id)) {
      this.#sender.forget(id);
      this.#list.remove((other) => other.id === id);
    }
  };

  readonly close = (): void => {
    this.#stop();
    this.#closing.abort();
    clearTimeout(this.#timer);
  };

  get #session() {
    return insideOf(this.#client).session;
  }

  #heed(sign: Sign): void {
    if (sign.type === 'closed') {
      this.close();
      return;
    }
    this.#sender.dropLost();
    if (sign.type === 'ended') {
      if (sign.reason === 'signed-out' && sign.userId !== null) {
        this.#list.remove(({ userId }) => userId === sign.userId);
      }
      this.#show();
      return;
    }
    this.#isWoken = true;
    this.#sender.encourage();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#go();
  }

  /** Shows the entries of who is signed in now. */
  #show(): void {
    const { userId } = this.#session;
    const shown = this.#list.entries.filter(
      (entry) => entry.userId === null || entry.userId === userId,
    );
    const isSame = shown.length === this.#shown.length;
    if (isSame && shown.every((entry, index) => entry === this.#shown[index])) {
      return;
    }
    this.#shown = shown;
    // A callback that throws must not break off what goes on here.
    queueMicrotask(() => this.#options.onChange?.(shown));
    for (const listener of this.#listeners) {
      queueMicrotask(listener);
    }
  }

  /** Sends what there is, unless it is being sent or the time to try again is set. */
  #go(): void {
    this.#isAsked = true;
    if (!this.#isRunning && this.#timer === undefined && !this.#closing.signal.aborted) {
      void this.#run();
    }
  }

  async #run(): Promise<void> {
    const { storage } = this.#options;
    const work = (): Promise<number | null> => this.#sender.sendAll();
    let waitMs: number | null;
    this.#isRunning = true;
    do {
      this.#isAsked = false;
      this.#isWoken = false;
      try {
        await this.#sender.findUser();
        waitMs = await (storage?.lock ? storage.lock('sender', work) : work());
      } catch {
        waitMs = this.#sender.nextWait();
      }
    } while (this.#shallGoOn(waitMs));
    this.#isRunning = false;
    if (waitMs !== null && !this.#closing.signal.aborted) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#go();
      }, waitMs);
    }
  }

  #shallGoOn(waitMs: number | null): boolean {
    return this.#isWoken || (this.#isAsked && waitMs === null);
  }
}
