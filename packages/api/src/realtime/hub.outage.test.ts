import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventOf, range, seqsOf, until, type Heard } from '../testing/hub-listening.ts';
import { hubPlaces, type HubPlace } from '../testing/hub-places.ts';
import type { Hub } from './hub.ts';

/** Publishes once more until it is heard: a bus that has just come back may still lose something. */
async function untilHeard(hub: Hub, heard: Heard, seq: number): Promise<void> {
  await vi.waitUntil(
    () => {
      hub.publish([eventOf(seq)]);
      return heard.events.some((event) => event.seq === seq);
    },
    { timeout: 10_000, interval: 20 },
  );
}

for (const { title, missing, open } of hubPlaces.filter(({ hasBus }) => hasBus)) {
  describe.skipIf(missing)(`while the bus is away, the hub in ${title}`, () => {
    let place: HubPlace;

    beforeEach(async () => {
      place = await open();
    });

    afterEach(() => place[Symbol.asyncDispose]());

    test('says so, throws nothing, keeps little, and comes back by itself', async () => {
      const [a, b] = await Promise.all([place.node(), place.node()]);
      await place.stop();
      await until(() => !a.hub.isConnected && !b.hub.isConnected);

      for (const seq of range(1, 30_000)) {
        a.hub.publish([eventOf(seq, 'x'.repeat(1_000))]);
        a.hub.signal({ topic: `t${seq % 5_000}`, json: '{}' });
      }
      expect(seqsOf(a.heard)).toEqual(range(1, 30_000));
      expect(a.hub.waiting?.records).toBeLessThanOrEqual(10_000);
      expect(a.hub.waiting?.bytes).toBeLessThanOrEqual(16 * 1024 * 1024);
      await until(() => a.hub.waiting?.records === 0);
      expect(a.hub.isConnected).toBe(false);

      await place.restart();
      await until(() => a.hub.isConnected && b.hub.isConnected);
      await untilHeard(a.hub, b.heard, 40_000);
      await untilHeard(b.hub, a.heard, 40_001);
      const away = 'the bus is away; events of other processes come a little later';
      expect(a.said).toEqual([away, 'the bus is back']);
      expect(b.said).toEqual([away, 'the bus is back']);
    });

    test('a bus that hangs is noticed, and bounds hold', async () => {
      const [a, b] = await Promise.all([place.node(), place.node()]);
      await place.freeze();
      for (const seq of range(1, 30_000)) {
        a.hub.publish([eventOf(seq, 'x'.repeat(1_000))]);
        if (seq % 1_000 === 0) {
          await turn();
        }
      }
      expect(a.hub.waiting?.records).toBeLessThanOrEqual(10_000);
      expect(a.hub.waiting?.bytes).toBeLessThanOrEqual(16 * 1024 * 1024);
      await until(() => !a.hub.isConnected && !b.hub.isConnected);
      await place.restart();
      await until(() => a.hub.isConnected && b.hub.isConnected);
      await untilHeard(a.hub, b.heard, 40_000);
    });

    test('closing does not wait for it', async () => {
      const { hub } = await place.node();
      await place.freeze();
      hub.publish([eventOf(1)]);
      const started = performance.now();
      await hub.close();
      expect(performance.now() - started).toBeLessThan(4_000);
      await place.restart();
    });
  });
}
