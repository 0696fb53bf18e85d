import type { AppErrorCode } from './types.ts';

/** A message on its way. Plain JSON; store it as it is. */
export interface OutboxEntry {
  /** The message will have this id. */
  id: string;
  conversationId: string;
  text: string;
  /** `failed`: the server has refused it, and says why by `appCode`. It waits for the user. */
  status: 'pending' | 'failed';
  appCode: AppErrorCode | null;
  /** Who wrote it; null for a moment, or when nobody was signed in. */
  userId: string | null;
}

/** Where an outbox keeps its entries between runs of the app. */
export interface OutboxStorage {
  /** What was stored last; null when nothing was. */
  get(): readonly OutboxEntry[] | null | Promise<readonly OutboxEntry[] | null>;
  /** Replaces what is stored. */
  set(entries: readonly OutboxEntry[]): unknown;
  /**
   * Runs `work` while nobody else who uses the same storage runs theirs under the same name. Needed
   * where several tabs or processes share it. There are two locks: `list` is taken while `sender`
   * is held.
   */
  lock?<T>(name: 'list' | 'sender', work: () => Promise<T>): Promise<T>;
}

type Entries = readonly OutboxEntry[];
/** Gives the list after a change. Made again on top of what others have stored meanwhile. */
type Change = (entries: Entries) => Entries;

/** The entries of all users: changes are seen at once, and stored as soon as that is possible. */
export class OutboxList {
  readonly #storage: OutboxStorage | null;
  readonly #onChange: () => void;
  #entries: Entries = [];
  /** Not stored: other outboxes could not know what to do with them. */
  #drafts: Entries = [];
  #unsaved: Change[] = [];
  #saving: Promise<unknown> = Promise.resolve();

  constructor(storage: OutboxStorage | null, onChange: () => void) {
    this.#storage = storage;
    this.#onChange = onChange;
  }

  /** Drafts included: they are the newest. */
  get entries(): Entries {
    return [...this.#entries, ...this.#drafts];
  }

  get drafts(): Entries {
    return this.#drafts;
  }

  /** An entry of which it is known who wrote it is no draft, unless one before it is. */
  add(entry: OutboxEntry): void {
    if (entry.userId === null || this.#drafts.length > 0) {
      this.#drafts = [...this.#drafts, entry];
      this.#onChange();
    } else {
      this.#change((entries) => withEntry(entries, entry));
    }
  }

  /** The drafts are stored, each as `known` says. */
  keepDrafts(known: (draft: OutboxEntry) => OutboxEntry): void {
    const kept = this.#drafts.map(known);
    if (kept.length > 0) {
      this.#drafts = [];
      this.#change((entries) => kept.reduce(withEntry, entries));
    }
  }

  dropDraft(id: string): void {
    this.#drafts = this.#drafts.filter((draft) => draft.id !== id);
    this.#onChange();
  }

  remove(isGone: (entry: OutboxEntry) => boolean): void {
    this.#drafts = this.#drafts.filter((entry) => !isGone(entry));
    this.#change((entries) => entries.filter((entry) => !isGone(entry)));
  }

  update(id: string, fields: Partial<OutboxEntry>): void {
    this.#change((entries) =>
      entries.map((entry) => (entry.id === id ? { ...entry, ...fields } : entry)),
    );
  }

  /** Stores what has changed here, and takes over what others have changed. */
  sync(): Promise<void> {
    const storage = this.#storage;
    if (!storage) {
      this.#unsaved = [];
      return Promise.resolve();
    }
    const work = (): Promise<void> => this.#syncAlone(storage);
    const turn = this.#saving.then(() => (storage.lock ? storage.lock('list', work) : work()));
    this.#saving = turn.catch(() => undefined);
    return turn;
  }

  async #syncAlone(storage: OutboxStorage): Promise<void> {
    const found: unknown = await storage.get();
    const stored = Array.isArray(found) ? (found as Entries) : [];
    const changes = this.#unsaved;
    const next = changes.reduce<Entries>((entries, change) => change(entries), stored);
    if (changes.length > 0) {
      await storage.set(next);
    }
    this.#unsaved = this.#unsaved.slice(changes.length);
    // Changes made while it was being stored.
    this.#show(this.#unsaved.reduce((entries, change) => change(entries), next));
  }

  #change(change: Change): void {
    this.#unsaved = [...this.#unsaved, change];
    this.#entries = change(this.#entries);
    this.#onChange();
    // What cannot be stored now is stored with the next change or at the next attempt to send.
    this.sync().catch(() => undefined);
  }

  #show(entries: Entries): void {
    if (!isSame(entries, this.#entries)) {
      this.#entries = entries;
      this.#onChange();
    }
  }
}

/** It is there already when it was stored by an attempt that seemed to fail. */
function withEntry(entries: Entries, entry: OutboxEntry): Entries {
  return entries.some(({ id }) => id === entry.id) ? entries : [...entries, entry];
}

function isSame(some: Entries, others: Entries): boolean {
  return (
    some.length === others.length &&
    some.every(({ id, status, appCode, userId }, index) => {
      const other = others[index];
      const isThis = other?.id === id && other.status === status;
      return isThis && other.appCode === appCode && other.userId === userId;
    })
  );
}
