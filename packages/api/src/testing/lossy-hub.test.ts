import { describe, expect, test, vi } from 'vitest';
import type { LiveEvent } from '../realtime/live-event.ts';
import { createMemoryHub } from '../realtime/memory-hub.ts';
import { listen } from './hub-listening.ts';
import { createLossyHub } from './lossy-hub.ts';

const events = Array.from({ length: 1_000 }, (_, index): LiveEvent => {
  return { streamId: 's', seq: index + 1, type: 'chat.message', json: '{}' };
});
const all = events.map(({ seq }) => seq);

describe('a lossy hub', () => {
  function hearAll(faults: Parameters<typeof createLossyHub>[1]): number[] {
    const hub = createLossyHub(createMemoryHub(), faults);
    const heard = listen(hub);
    hub.publish(events);
    return heard.events.map(({ seq }) => seq);
  }

  test('without faults is as good as the other', () => {
    expect(hearAll({})).toEqual(all);
  });

  test('loses and repeats about as much as it is told, by its seed', () => {
    const lost = hearAll({ lose: 0.3, seed: 7 });
    expect(lost.length).toBeGreaterThan(600);
    expect(lost.length).toBeLessThan(800);
    expect(hearAll({ lose: 0.3, seed: 7 })).toEqual(lost);
    expect(hearAll({ lose: 0.3, seed: 8 })).not.toEqual(lost);
    const repeated = hearAll({ repeat: 0.5 });
    expect(repeated.length).toBeGreaterThan(1_400);
    expect(new Set(repeated).size).toBe(1_000);
    expect(hearAll({ lose: 1 })).toEqual([]);
  });

  test('delays and reorders, until the listener leaves', async () => {
    const hub = createLossyHub(createMemoryHub(), { delay: 20 });
    const [stays, goes] = [listen(hub), listen(hub)];
    hub.publish(events);
    goes.leave();
    expect(stays.events).toEqual([]);
    await vi.waitUntil(() => stays.events.length === 1_000, { interval: 2 });
    const seqs = stays.events.map(({ seq }) => seq);
    expect(seqs).not.toEqual(all);
    expect(seqs.toSorted((a, b) => a - b)).toEqual(all);
    expect(goes.events).toEqual([]);
    await hub.close();
  });
});
