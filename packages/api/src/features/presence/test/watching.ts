import { randomUUID } from 'node:crypto';
import type { PresenceEvent, PresenceView } from '@chapar/contract';
import type { TrackedEnvelope } from '@trpc/server';
import { vi } from 'vitest';
import { appRouter } from '../../../router.ts';
import type { Actor } from '../../../testing/index.ts';
import type { Listener } from '../../../testing/listener.ts';
import { createCallerFactory } from '../../../trpc.ts';

const createCaller = createCallerFactory(appRouter);
const waitMs = 5_000;

/** Short periods, so that a test does not wait for them. */
export const presence = { refreshMs: 100, ttlMs: 5_000, flapMs: 150, recheckMs: 60_000 };

/** A subscription to some people's presence. */
export class Watching {
  readonly events: PresenceEvent[] = [];
  readonly ids: string[] = [];
  error: Error | null = null;
  readonly #abort = new AbortController();

  static async begin(
    actor: Actor,
    userIds: readonly string[],
    {
      drained = () => Promise.resolve(true),
      hasRoom = true,
    }: { drained?: () => Promise<boolean>; hasRoom?: boolean } = {},
  ): Promise<Watching> {
    const watching = new Watching();
    const socket = {
      id: randomUUID(),
      openStream: () => (hasRoom ? () => undefined : null),
      drained,
      sink: () => null,
      close: () => undefined,
    };
    const { signal } = watching.#abort;
    const caller = createCaller({ ...actor.call().connection, socket }, { signal });
    const events = await caller.presence.onChange({ userIds: [...userIds] });
    // A caller gets tracked values as they are; only transports unpack them.
    watching.#follow(events as unknown as AsyncIterable<TrackedEnvelope<PresenceEvent>>);
    return watching;
  }

  #follow(events: AsyncIterable<TrackedEnvelope<PresenceEvent>>): void {
    const read = async (): Promise<void> => {
      for await (const [id, event] of events) {
        this.ids.push(id);
        this.events.push(event);
      }
    };
    read().catch((error: unknown) => {
      this.error = error instanceof Error ? error : new Error(String(error));
    });
  }

  /** What the subscriber knows of somebody, after everything that came. */
  of(userId: string): PresenceView | undefined {
    const views = this.events.flatMap((event) =>
      event.type === 'presence.snapshot' ? event.people : [event],
    );
    return views.findLast((view) => view.userId === userId);
  }

  /** The changes of somebody after the snapshot, as words. */
  changes(userId: string): string[] {
    return this.events.flatMap((event) =>
      event.type === 'presence.changed' && event.userId === userId
        ? [event.isOnline ? 'online' : 'offline']
        : [],
    );
  }

  /** Waits for the snapshot. @throws what the subscription was refused with */
  async ready(): Promise<this> {
    await this.#until(() => this.events.length > 0);
    return this;
  }

  /** Waits until somebody is known to be online or offline. */
  async until(userId: string, isOnline: boolean): Promise<PresenceView> {
    await this.#until(() => this.of(userId)?.isOnline === isOnline);
    return this.of(userId) ?? { userId, isOnline, lastSeenAt: null };
  }

  async #until(test: () => boolean): Promise<void> {
    const look = (): boolean => {
      if (this.error) {
        throw this.error;
      }
      return test();
    };
    await vi.waitUntil(look, { timeout: waitMs, interval: 5 });
  }

  stop(): void {
    this.#abort.abort();
  }
}

/** Watches some people, from the snapshot on. */
export async function watch(actor: Actor, ...userIds: string[]): Promise<Watching> {
  return (await Watching.begin(actor, userIds)).ready();
}

/** A live stream, which makes its person online. */
export async function live(actor: Actor): Promise<Listener> {
  return (await actor.listen()).ready();
}
