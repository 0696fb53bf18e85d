import { setTimeout as wait } from 'node:timers/promises';
import type { Log, Random } from '../deps.ts';
import { HubListeners } from './hub-listeners.ts';
import {
  eventRecord,
  headerOf,
  headRecord,
  joinRecords,
  markBytes,
  pingRecord,
  readPayload,
  shardOf,
  signalRecord,
  type HubMessage,
} from './hub-message.ts';
import { HubPulse, reasonOf } from './hub-pulse.ts';
import { HubQueue, type Payload } from './hub-queue.ts';
import type { Hub, HubListener } from './hub.ts';
import type { LiveEvent } from './live-event.ts';

/** What carries payloads to every node, this one included. */
export interface Bus {
  /** In UTF-8. A record that does not fit travels as a pointer, or not at all. */
  largestPayloadBytes: number;
  /** Sends that may be under way at once; more than one only where they stay in order. */
  lanes: number;
  /** A record goes to the shard of its name, from 0 up to this. */
  shards: number;
  /** While it cannot, nothing is kept for it. */
  canSend(): boolean;
  /** May reject: what it was given is lost then. */
  send(payloads: readonly Payload[]): Promise<void>;
  /** Called when it is up and nothing comes back. */
  revive(): void;
  close(): Promise<void>;
}

export interface BusHubOptions {
  bus: Bus;
  random: Random;
  log: Pick<Log, 'warn' | 'error'>;
  /** How often a sign of life is sent. */
  beatMs?: number;
}

/** What may wait, 10,000 records and 16 MiB: some seconds of a busy node. */
const bounds = { records: 10_000, bytes: 16 * 1024 * 1024 };
/** Sent at once: enough to be cheap, little enough for a statement that holds a lock. */
const batchBytes = 1024 * 1024;
const sendWithinMs = 10_000;
const closeWithinMs = 1_000;
const nodeIdBytes = 9;

/**
 * What the hubs with a bus have in common: own listeners first; then the messages of one turn of the
 * event loop, and whatever comes while the lanes are busy, packed into few payloads. Nothing that
 * happens on the bus reaches the caller. Beyond the bounds the oldest is dropped.
 */
export class BusHub implements Hub {
  readonly pulse: HubPulse;
  readonly #options: BusHubOptions;
  readonly #listeners: HubListeners;
  readonly #queue = new HubQueue(bounds);
  /** `Chapar 1, from …`; what comes back with it is ours. */
  readonly #header: string;
  readonly #room: number;
  #busy = 0;
  #turn: NodeJS.Immediate | null = null;
  #isGarbageTold = false;
  #closing: Promise<void> | null = null;

  constructor(options: BusHubOptions) {
    this.#options = options;
    this.#listeners = new HubListeners(options.log);
    this.#header = headerOf(options.random.bytes(nodeIdBytes).toString('base64url'));
    this.#room = options.bus.largestPayloadBytes - this.#header.length - markBytes;
    this.pulse = new HubPulse({
      ...options,
      beat: () => this.#put(pingRecord, '', null),
      onStall: () => options.bus.revive(),
    });
  }

  get isConnected(): boolean {
    return this.pulse.isConnected;
  }

  /** What waits to be sent, for tests and measurements. */
  get waiting(): { records: number; bytes: number } {
    return { records: this.#queue.size, bytes: this.#queue.bytes };
  }

  publish(events: readonly LiveEvent[]): void {
    for (const event of events) {
      this.#listeners.tell((listener) => listener.event(event));
    }
    if (this.#options.bus.canSend()) {
      for (const event of events) {
        const isSent = this.#put(eventRecord(event), event.streamId, null);
        if (!isSent) {
          this.#put(headRecord(event), event.streamId, null);
        }
      }
    }
  }

  signal(signal: { topic: string; json: string }): void {
    this.#listeners.tell((listener) => listener.signal(signal));
    if (this.#options.bus.canSend()) {
      this.#put(signalRecord(signal), signal.topic, signal.topic);
    }
  }

  subscribe(listener: HubListener): () => void {
    return this.#listeners.add(listener);
  }

  /** Takes what the bus brings, whatever it is. */
  hear(payload: string): void {
    if (this.#closing) {
      return;
    }
    if (payload.startsWith(this.#header)) {
      this.pulse.heard();
      return;
    }
    const read = readPayload(payload);
    if (read === null || read.garbage > 0) {
      this.#noteGarbage();
    }
    for (const message of read?.messages ?? []) {
      this.#listeners.tell((listener) => hand(listener, message));
    }
  }

  /** Sends what waits, for a second at the most, then lets go of the bus. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#listeners.clear();
    this.pulse.close();
    const { bus } = this.#options;
    const started = performance.now();
    const isLate = (): boolean => performance.now() - started > closeWithinMs;
    while ((this.#busy > 0 || this.#turn !== null) && bus.canSend() && !isLate()) {
      await wait(1);
    }
    this.#queue.clear();
    await Promise.race([bus.close(), wait(closeWithinMs, undefined, { ref: false })]);
  }

  /** @returns whether it fits into a payload */
  #put(record: string | null, name: string, topic: string | null): boolean {
    // Characters are at most bytes: what is too long is not measured.
    if (record === null || record.length > this.#room) {
      return false;
    }
    const bytes = Buffer.byteLength(record) + markBytes;
    if (bytes > this.#room) {
      return false;
    }
    if (this.#closing === null) {
      const shard = shardOf(name, this.#options.bus.shards);
      this.#queue.add({ record, bytes, shard, topic });
      this.#turn ??= setImmediate(() => {
        this.#turn = null;
        this.#flush();
      });
    }
    return true;
  }

  #flush(): void {
    const { bus } = this.#options;
    if (!bus.canSend()) {
      this.#queue.clear();
    }
    while (this.#busy < bus.lanes && this.#queue.size > 0) {
      const payloads = this.#pack();
      this.#busy += 1;
      void this.#send(payloads).finally(() => {
        this.#busy -= 1;
        this.#flush();
      });
    }
  }

  /** Puts the oldest records into payloads, those of one shard in their order. */
  #pack(): Payload[] {
    const all: { shard: number; bytes: number; records: string[] }[] = [];
    const open = new Map<number, (typeof all)[number]>();
    let total = 0;
    while (total < batchBytes) {
      const next = this.#queue.take();
      if (!next) {
        break;
      }
      const { record, bytes, shard } = next;
      let payload = open.get(shard);
      if (!payload || payload.bytes + bytes > this.#room) {
        payload = { shard, bytes: 0, records: [] };
        open.set(shard, payload);
        all.push(payload);
      }
      payload.records.push(record);
      payload.bytes += bytes;
      total += bytes;
    }
    return all.map(({ shard, records }) => ({ shard, text: joinRecords(this.#header, records) }));
  }

  /** Never rejects, and ends after 10 s whether the bus has answered or not. */
  async #send(payloads: readonly Payload[]): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    // With each send: a timer of a promise, and the error by which it ends, cost several times this.
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, sendWithinMs).unref();
    });
    try {
      await Promise.race([this.#options.bus.send(payloads), late]);
    } catch (error) {
      this.pulse.failed(reasonOf(error));
    } finally {
      clearTimeout(timer);
    }
  }

  #noteGarbage(): void {
    if (!this.#isGarbageTold) {
      this.#isGarbageTold = true;
      this.#options.log.warn({}, 'the bus has messages that no node of ours has written');
    }
  }
}

function hand(listener: HubListener, message: HubMessage): void {
  switch (message.kind) {
    case 'event':
      return listener.event(message.event);
    case 'head':
      return listener.head(message.streamId, message.seq);
    case 'signal':
      return listener.signal(message.signal);
  }
}
