import { callAs } from './auth-link.ts';
import { fullJitterMs } from './backoff.ts';
import type { ChaparClient } from './client.ts';
import { appCodeOf, isChaparError } from './errors.ts';
import type { OutboxEntry, OutboxList } from './outbox-list.ts';
import { once } from './retry-link.ts';
import { insideOf } from './signs.ts';
import type { AppErrorCode, MessageView } from './types.ts';

/** A message at which the server stumbles so often is put aside. */
const mostStumbles = 5;
const secondMs = 1_000;

/** Answers that are about the moment or about the session, not about the message. */
const passing = new Set<AppErrorCode | null>([
  null,
  'AUTH_REQUIRED',
  'AUTH_TOKEN_EXPIRED',
  'AUTH_TOKEN_INVALID',
  'BUSY',
  'INTERNAL',
  'RATE_LIMITED',
  'SESSION_ENDED',
  'SESSION_REFRESH_INVALID',
  'SESSION_RETRY_WITH_CURRENT',
  'UNAVAILABLE',
  'USER_INACTIVE',
]);

interface SenderOptions {
  client: ChaparClient;
  list: OutboxList;
  closed: AbortSignal;
  /** The server has stored a message; its entry goes a turn later. */
  sent(message: MessageView): void;
  /** It is known who is signed in. */
  looked(): void;
}

/** Sends the entries of who is signed in, one after the other. */
export class OutboxSender {
  readonly #options: SenderOptions;
  /** When entries were written of which it is not known yet by whom. */
  readonly #epochs = new Map<string, number>();
  readonly #stumbles = new Map<string, number>();
  #failures = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** An entry is new here; whoever is signed in now has written it. */
  written({ id, userId }: OutboxEntry): void {
    if (userId === null) {
      this.#epochs.set(id, this.#session.epoch);
    }
  }

  forget(id: string): void {
    this.#epochs.delete(id);
    this.#stumbles.delete(id);
  }

  /** Drops what was written in a session that ended before it was known whose it was. */
  dropLost(): void {
    const session = this.#session;
    const { list } = this.#options;
    for (const { id, userId } of list.drafts) {
      const epoch = this.#epochs.get(id) ?? session.epoch;
      if (userId === null && epoch !== session.epoch && session.wasSignedIn(epoch)) {
        this.forget(id);
        list.dropDraft(id);
      }
    }
  }

  /** The network may be back: the next waits are short. */
  encourage(): void {
    this.#failures = 0;
  }

  nextWait(): number {
    const wait = fullJitterMs(this.#failures);
    this.#failures += 1;
    return wait;
  }

  /** @returns after how many milliseconds to go on; null when there is nothing to do */
  async sendAll(): Promise<number | null> {
    const { list, closed } = this.#options;
    for (;;) {
      // Without its storage an outbox goes on with what it has in memory.
      await list.sync().catch(() => undefined);
      const userId = await this.findUser();
      const next = list.entries.find(
        (entry) => entry.status === 'pending' && entry.userId === userId,
      );
      if (userId === null || !next || closed.aborted) {
        return null;
      }
      const waitMs = await this.#deliver(next, userId);
      if (waitMs !== null) {
        return waitMs;
      }
    }
  }

  get #session() {
    return insideOf(this.#options.client).session;
  }

  /** Finds out who is signed in. Entries that were written before that was known get their owner. */
  async findUser(): Promise<string | null> {
    const { client, list } = this.#options;
    const session = this.#session;
    const { epoch } = session;
    const credential = await session.credential();
    if (list.entries.length > 0 && credential.accessToken !== null && !credential.userId) {
      // Tokens that were stored without the name of their owner.
      const { id } = await client.user.me.query();
      await session.learnUser(id, epoch);
    }
    const { userId } = session;
    this.dropLost();
    list.keepDrafts((draft) => {
      const isOurs = draft.userId !== null || this.#epochs.get(draft.id) === session.epoch;
      return isOurs && userId !== null
        ? { ...draft, userId: draft.userId ?? userId }
        : { ...draft, status: 'failed', appCode: 'AUTH_REQUIRED' };
    });
    this.#options.looked();
    return userId;
  }

  /** @returns null when the server has decided, otherwise after how long to try again */
  async #deliver(entry: OutboxEntry, userId: string): Promise<number | null> {
    const { client, list, closed } = this.#options;
    const { id, conversationId, text } = entry;
    try {
      const message = await client.chat.send.mutate(
        { id, conversationId, text },
        { context: { ...callAs(userId), ...once }, signal: closed },
      );
      this.#options.sent(message);
      await Promise.resolve();
    } catch (error) {
      return this.#failed(id, error);
    }
    this.#failures = 0;
    this.forget(id);
    list.remove((other) => other.id === id);
    return null;
  }

  #failed(id: string, error: unknown): number | null {
    const appCode = appCodeOf(error);
    const stumbles = (this.#stumbles.get(id) ?? 0) + (appCode === 'INTERNAL' ? 1 : 0);
    this.#stumbles.set(id, stumbles);
    if (passing.has(appCode) && stumbles < mostStumbles) {
      return Math.max(this.nextWait(), retryAfterMs(error));
    }
    this.#options.list.update(id, { status: 'failed', appCode });
    return null;
  }
}

/** For how long the server asks to wait, if it does. */
function retryAfterMs(error: unknown): number {
  const data: unknown = isChaparError(error) ? error.data.appData : null;
  const hasTime = typeof data === 'object' && data !== null && 'retryAfterSeconds' in data;
  return hasTime ? Number(data.retryAfterSeconds) * secondMs : 0;
}
