import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventOf, listen, range, seqsOf } from '../testing/hub-listening.ts';
import { hubPlaces, type HubPlace } from '../testing/hub-places.ts';

for (const { title, missing, open } of hubPlaces) {
  describe.skipIf(missing)(`the hub in ${title}`, () => {
    let place: HubPlace;

    beforeEach(async () => {
      place = await open();
    });

    afterEach(() => place[Symbol.asyncDispose]());

    test('own listeners hear at once, in order and once', async () => {
      const { hub, heard } = await place.node();
      hub.publish([eventOf(1), eventOf(2)]);
      hub.publish([eventOf(3)]);
      expect(seqsOf(heard)).toEqual([1, 2, 3]);
      hub.signal({ topic: 'typing:a', json: '{"on":true}' });
      expect(heard.signals).toEqual([{ topic: 'typing:a', json: '{"on":true}' }]);
      // What would come back would come before what another node says now.
      await wait(100);
      expect(seqsOf(heard)).toEqual([1, 2, 3]);
      expect(heard.signals).toHaveLength(1);
    });

    test('who has left hears nothing any more, and leaving twice is harmless', async () => {
      const { hub } = await place.node();
      const [stays, goes] = [listen(hub), listen(hub)];
      hub.publish([eventOf(1)]);
      goes.leave();
      goes.leave();
      hub.publish([eventOf(2)]);
      expect(seqsOf(stays)).toEqual([1, 2]);
      expect(seqsOf(goes)).toEqual([1]);
    });

    test('a listener that throws stops nobody, and the log hears of it', async () => {
      const { hub, said } = await place.node();
      const fail = (): never => {
        throw new Error('no');
      };
      hub.subscribe({ event: fail, head: fail, signal: fail });
      const after = listen(hub);
      expect(() => hub.publish([eventOf(1), eventOf(2)])).not.toThrow();
      expect(() => hub.signal({ topic: 't', json: '{}' })).not.toThrow();
      expect(seqsOf(after)).toEqual([1, 2]);
      expect(after.signals).toHaveLength(1);
      expect(said).toEqual(range(1, 3).map(() => 'a listener of the hub failed'));
    });

    test('a listener may leave, and publish, while it is told', async () => {
      const { hub, heard } = await place.node();
      const leave = hub.subscribe({
        event(event) {
          leave();
          hub.publish([eventOf(event.seq + 1)]);
        },
        head: () => undefined,
        signal: () => undefined,
      });
      hub.publish([eventOf(1)]);
      expect(seqsOf(heard).toSorted((a, b) => a - b)).toEqual([1, 2]);
    });

    test('closing twice is harmless, and so is what comes after', async () => {
      const { hub, heard } = await place.node();
      await Promise.all([hub.close(), hub.close()]);
      await hub.close();
      expect(() => hub.publish([eventOf(1)])).not.toThrow();
      expect(() => hub.signal({ topic: 't', json: '{}' })).not.toThrow();
      expect(heard.events).toEqual([]);
    });
  });
}
