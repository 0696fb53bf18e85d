import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { another, eventOf, range, seqsOf, streamId, until } from '../testing/hub-listening.ts';
import { hubPlaces, type HubPlace } from '../testing/hub-places.ts';

const hardTexts = [
  'سلام، دنیا\u200c! ۱۲۳',
  '👩‍👩‍👧‍👦 🏴‍☠️',
  'a\nb\r\nc\td',
  '\u0000\u0001\u001e\u001f\u007f\u2028\u2029',
  '"quoted" \\ {"json":[1,2]} \'; drop table users; --',
  '\ud800 half a pair',
  '$1 %s \\u001e \x1e\x1f',
  '',
];

for (const { title, missing, open } of hubPlaces.filter(({ hasBus }) => hasBus)) {
  describe.skipIf(missing)(`nodes with the hub in ${title}`, () => {
    let place: HubPlace;

    beforeEach(async () => {
      place = await open();
    });

    afterEach(() => place[Symbol.asyncDispose]());

    test('these hear, each stream in its order and each event once', async () => {
      const [a, b, c] = await Promise.all([place.node(), place.node(), place.node()]);
      for (const seq of range(1, 200)) {
        a.hub.publish([eventOf(seq), eventOf(seq, 'there', another)]);
        if (seq % 20 === 0) {
          await turn();
        }
      }
      for (const { heard } of [b, c]) {
        await until(() => heard.events.length === 400);
        expect(seqsOf(heard)).toEqual(range(1, 200));
        expect(seqsOf(heard, another)).toEqual(range(1, 200));
        expect(heard.events[0]).toEqual(eventOf(1));
      }
      b.hub.publish([eventOf(201)]);
      await until(() => seqsOf(a.heard).includes(201));
      expect(seqsOf(a.heard)).toEqual(range(1, 201));
    });

    test('a burst of 5,000 events arrives whole', async () => {
      const [a, b] = await Promise.all([place.node(), place.node()]);
      a.hub.publish(range(1, 5_000).map((seq) => eventOf(seq, 'x'.repeat(300))));
      expect(a.hub.waiting?.records).toBe(5_000);
      await until(() => b.heard.events.length === 5_000);
      expect(seqsOf(b.heard)).toEqual(range(1, 5_000));
      // A sign of life of the hub itself may be on its way at this very moment.
      await until(() => a.hub.waiting?.records === 0 && a.hub.waiting.bytes === 0);
    });

    test('a large event arrives, as itself or as the news that it is there', async () => {
      const [a, b] = await Promise.all([place.node(), place.node()]);
      const large = eventOf(2, 'بزرگ'.repeat(25_000));
      expect(Buffer.byteLength(large.json)).toBeGreaterThan(200_000);
      a.hub.publish([eventOf(1), large, eventOf(3)]);
      await until(() => b.heard.events.length + b.heard.heads.length === 3);
      expect(seqsOf(a.heard)).toEqual([1, 2, 3]);
      if (b.heard.heads.length > 0) {
        expect(b.heard.heads).toEqual([{ streamId, seq: 2 }]);
        expect(seqsOf(b.heard)).toEqual([1, 3]);
      } else {
        expect(b.heard.events[1]).toEqual(large);
      }
    });

    test('a signal that is too long is dropped, and what is around it arrives', async () => {
      const [a, b] = await Promise.all([place.node(), place.node()]);
      const tooLong = { topic: 't', json: JSON.stringify('x'.repeat(600_000)) };
      a.hub.signal(tooLong);
      a.hub.publish([eventOf(1)]);
      await until(() => b.heard.events.length === 1);
      expect(a.heard.signals).toEqual([tooLong]);
      expect(b.heard.signals).toEqual([]);
    });

    test.for([7_700, 7_800, 7_850, 7_880, 7_900, 7_950, 7_999, 8_000, 8_001, 16_000])(
      'an event of %d bytes and what surrounds it arrive',
      async (bytes) => {
        const [a, b] = await Promise.all([place.node(), place.node()]);
        const text = 'x'.repeat(bytes - Buffer.byteLength(eventOf(2, '').json));
        a.hub.publish([eventOf(1), eventOf(2, text), eventOf(3)]);
        await until(() => b.heard.events.length + b.heard.heads.length === 3);
        expect(seqsOf(b.heard)).toEqual(b.heard.heads.length > 0 ? [1, 3] : [1, 2, 3]);
      },
    );

    test('any text arrives as it is', async () => {
      const [a, b] = await Promise.all([place.node(), place.node()]);
      const events = hardTexts.map((text, index) => eventOf(index + 1, text));
      const pretty = { ...eventOf(100), json: '{\n\t"text":\r\n "spaced"\n}' };
      a.hub.publish([...events, pretty]);
      await until(() => b.heard.events.length === events.length + 1);
      expect(b.heard.events).toEqual([...events, pretty]);
    });

    test('what could not be told apart on the bus is left out, and nothing around it', async () => {
      const [a, b] = await Promise.all([place.node(), place.node()]);
      for (const mark of ['\u001e', '\u001f', '\u0000']) {
        a.hub.publish([{ ...eventOf(1), json: `{"raw":"${mark}"}` }]);
        a.hub.publish([{ ...eventOf(1), streamId: `${streamId}${mark}p` }]);
        a.hub.signal({ topic: `t${mark}e`, json: '{}' });
      }
      a.hub.publish([eventOf(2)]);
      await until(() => seqsOf(b.heard).includes(2));
      expect(seqsOf(b.heard)).toEqual([2]);
      // A text that cannot travel is in the log all the same.
      expect(new Set(b.heard.heads.map((head) => JSON.stringify(head)))).toEqual(
        new Set([JSON.stringify({ streamId, seq: 1 })]),
      );
      expect(b.heard.signals).toEqual([]);
      expect(b.said).toEqual([]);
    });

    test('signals arrive, of those of one topic that wait the newest', async () => {
      const [a, b] = await Promise.all([place.node(), place.node()]);
      for (const n of range(1, 50)) {
        a.hub.signal({ topic: 'typing:a', json: `{"n":${n}}` });
      }
      a.hub.signal({ topic: 'typing:b', json: '{"متن":"🙂"}' });
      await until(() => b.heard.signals.some(({ topic }) => topic === 'typing:b'));
      await until(() => b.heard.signals.some(({ topic }) => topic === 'typing:a'));
      expect(b.heard.signals.toSorted((x, y) => x.topic.localeCompare(y.topic))).toEqual([
        { topic: 'typing:a', json: '{"n":50}' },
        { topic: 'typing:b', json: '{"متن":"🙂"}' },
      ]);
    });

    test('garbage on the bus is ignored and told once', async () => {
      const [a, b] = await Promise.all([place.node(), place.node()]);
      await place.babble([
        'hello',
        '{"seq":1}',
        'chapar1',
        'chapar1\u001fx\u001e',
        'chapar1\u001fx\u001ee\u001f\u001f1\u001fchat.message\u001f{}',
        `chapar1\u001fx\u001ee\u001f${streamId}\u001f-1\u001fchat.message\u001f{}`,
        `chapar1\u001fx\u001ee\u001f${streamId}\u001f1e3\u001fchat.message\u001f{}`,
        `chapar1\u001fx\u001ee\u001f${streamId}\u001f9007199254740992\u001fchat.message\u001f{}`,
        `chapar1\u001fx\u001ee\u001f${streamId}\u001f1\u001fchat.message\u001f{"cut`,
        `chapar1\u001fx\u001ee\u001f${streamId}\u001f1\u001fchat.message\u001f{}\u001f{}`,
        `chapar1\u001fx\u001eh\u001f${streamId}\u001f`,
        `chapar1\u001fx\u001eh\u001f${'x'.repeat(501)}\u001f1`,
        'chapar1\u001fx\u001es\u001ftopic',
        'chapar2\u001fx\u001es\u001ftopic\u001f{}',
        `chapar1\u001fx\u001e__proto__\u001f1\u001ez\u001fnewer\u001ep`,
      ]);
      a.hub.publish([eventOf(7)]);
      await until(() => seqsOf(b.heard).includes(7));
      expect(b.heard).toMatchObject({ events: [eventOf(7)], heads: [], signals: [] });
      expect(b.said).toEqual(['the bus has messages that no node of ours has written']);
    });

    test('an event of a type that a newer node knows sends us to the log', async () => {
      const b = await place.node();
      const header = 'chapar1\u001fx\u001e';
      await place.babble([`${header}e\u001f${streamId}\u001f5\u001fchat.dance\u001f{}`]);
      await until(() => b.heard.heads.length > 0);
      expect(b.heard.heads[0]).toEqual({ streamId, seq: 5 });
      expect(b.said).toEqual([]);
    });
  });
}
