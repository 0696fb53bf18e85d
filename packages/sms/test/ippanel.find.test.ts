import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createIpPanel } from '../src/providers/ippanel.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { FakeIpPanel } from '../src/testing/fake-ippanel.ts';
import { faultyRecipients } from '../src/testing/fake-provider.ts';
import { Loopback } from './loopback.ts';
import {
  apiKey,
  code,
  line,
  ok,
  pattern,
  rejected,
  text,
  timeouts,
  to,
} from './ippanel.messages.ts';

describe('a lost message at IPPanel', () => {
  let clock: FakeClock;
  let fake: FakeIpPanel;
  let provider: ReturnType<typeof createIpPanel>;

  beforeEach(async () => {
    clock = new FakeClock();
    const templates = [{ name: pattern, variables: ['code'] }];
    fake = await new FakeIpPanel({ clock, templates, lateMs: 1_000 }).start();
    const apart = { connectMs: 200, totalMs: 200 };
    provider = createIpPanel({ apiKey, line: '10008000', url: fake.url, timeouts: apart });
  });

  afterEach(() => fake.stop());

  test.each([
    ['lateButStored', { outcome: 'unknown', reason: 'timeout' }],
    ['droppedAfterStoring', { outcome: 'unknown', reason: 'reset' }],
    ['cutAnswer', { outcome: 'unknown', reason: 'bad-body', httpStatus: 200 }],
  ] as const)('is found when it arrived: %s', async (fault, outcome) => {
    const number = `+98912111${faultyRecipients[fault]}`;
    await provider.send(text());
    for (const message of [code('48213', number), text(number)]) {
      const triedAt = clock.now();
      expect(await provider.send(message)).toEqual(outcome);
      expect(await provider.find({ message, triedAt })).toEqual({
        found: 'yes',
        providerMessageId: fake.log.at(-1)?.id,
      });
    }
  });

  test.each(['droppedBeforeStoring', 'brokenPage', 'unavailable'] as const)(
    'is absent when it did not: %s',
    async (fault) => {
      const message = text(`+98912111${faultyRecipients[fault]}`);
      const triedAt = new Date('2026-01-01T00:00:00Z');
      clock.advance(triedAt.getTime() - clock.now().getTime());
      await provider.send(text());
      expect(await provider.send(message)).toMatchObject({ outcome: 'unknown' });
      expect(await provider.find({ message, triedAt })).toEqual({ found: 'absent' });
      expect(fake.requests.find(({ path }) => path.endsWith('new_list'))?.body).toBe(
        '{"page":1,"limit":100,"filters":{"number":"+9810008000","create_from_date":"1767225590","create_to_date":"1767225720"}}',
      );
    },
  );

  test('may be another one to the same number', async () => {
    const triedAt = clock.now();
    await provider.send(text(to, 'سلام'));
    expect(await provider.find({ message: text(to, 'بدرود'), triedAt })).toEqual({
      found: 'unknown',
    });
    const later = new Date(triedAt.getTime() + 120_000);
    expect(await provider.find({ message: text(to, 'سلام'), triedAt: later })).toEqual({
      found: 'absent',
    });
  });

  test('is not certainly absent among many', async () => {
    const triedAt = clock.now();
    const message = code('48213', '+989350000000');
    for (let i = 0; i < 21; i += 1) {
      await provider.send(text());
    }
    expect(await provider.find({ message, triedAt })).toEqual({ found: 'unknown' });
    expect(fake.requests.filter(({ path }) => path.endsWith('recipients'))).toHaveLength(20);
    await provider.send(message);
    expect(await provider.find({ message, triedAt })).toMatchObject({ found: 'yes' });
  });

  test('is not certainly absent when not all recipients are told, or not all pages', async () => {
    const server = await new Loopback().start();
    const search = createIpPanel({ apiKey, line, url: server.url, timeouts });
    const lost = { message: text(), triedAt: new Date() };
    server.always(503, '');
    server.at('/v1/api/report/new_list', 200, ok([{ messages_outbox_id: '7', message: 'hi' }]));
    expect(await search.find(lost)).toEqual({ found: 'unknown' });
    server.at('/v1/api/report/new_list', 200, ok([], { last_page: 2 }));
    expect(await search.find(lost)).toEqual({ found: 'unknown' });
    server.at('/v1/api/report/new_list', 200, ok([]));
    expect(await search.find(lost)).toEqual({ found: 'absent' });
    await server.stop();
  });

  test('certainly did not arrive when nobody listens', async () => {
    await fake.stop();
    expect(await provider.send(code())).toEqual(rejected('provider', 'busy', null));
    await fake.start();
  });
});
