import type { Hub, HubListener } from '../realtime/hub.ts';

/** What may happen to what a hub brings; each listener has faults of its own. */
export interface HubFaults {
  /** Chance that a message is lost, from 0 to 1. */
  lose?: number;
  /** Chance that a message comes twice, from 0 to 1. */
  repeat?: number;
  /** Longest delay in milliseconds; each message has one of its own, so they overtake each other. */
  delay?: number;
  /** The same seed gives the same faults for the same messages. */
  seed?: number;
}

/**
 * A hub that makes use of everything that a hub is allowed to do wrong: it loses, repeats, delays
 * and reorders what `inner` brings, own messages too. Without `delay` it tells at once, as the inner
 * one does. What is still delayed when the subscription ends never comes.
 */
export function createLossyHub(inner: Hub, faults: HubFaults = {}): Hub {
  const { lose = 0, repeat = 0, delay = 0, seed = 1 } = faults;
  const random = seeded(seed);

  const wrap = (listener: HubListener): { listener: HubListener; stop: () => void } => {
    const timers = new Set<NodeJS.Timeout>();
    const later = (tell: () => void): void => {
      if (delay === 0) {
        return tell();
      }
      const timer = setTimeout(() => {
        timers.delete(timer);
        tell();
      }, random() * delay);
      timers.add(timer);
    };
    const pass = (tell: () => void): void => {
      if (random() < lose) {
        return;
      }
      later(tell);
      if (random() < repeat) {
        later(tell);
      }
    };
    return {
      listener: {
        event: (event) => pass(() => listener.event(event)),
        head: (streamId, seq) => pass(() => listener.head(streamId, seq)),
        signal: (signal) => pass(() => listener.signal(signal)),
      },
      stop() {
        timers.forEach(clearTimeout);
        timers.clear();
      },
    };
  };

  return {
    publish: (events) => inner.publish(events),
    signal: (signal) => inner.signal(signal),
    subscribe(listener) {
      const wrapped = wrap(listener);
      const leave = inner.subscribe(wrapped.listener);
      return () => {
        leave();
        wrapped.stop();
      };
    },
    get isConnected() {
      return inner.isConnected;
    },
    close: () => inner.close(),
  };
}

/** Mulberry32, by Tommy Ettinger: 32 bits of state are enough for a test. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
