import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSmsIr } from '../src/providers/sms-ir.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { faultyRecipients } from '../src/testing/fake-provider.ts';
import { FakeSmsIr } from '../src/testing/fake-sms-ir.ts';
import { Loopback } from './loopback.ts';
import { apiKey, code, ok, rejected, text, timeouts, to } from './sms-ir.messages.ts';

describe('a lost message at SMS.ir', () => {
  let clock: FakeClock;
  let fake: FakeSmsIr;
  let provider: ReturnType<typeof createSmsIr>;

  beforeEach(async () => {
    clock = new FakeClock();
    const templates = [{ name: '200001', variables: ['CODE'] }];
    fake = await new FakeSmsIr({ clock, templates, lateMs: 1_000 }).start();
    const apart = { connectMs: 200, totalMs: 200 };
    provider = createSmsIr({ apiKey, line: '10008000', url: fake.url, timeouts: apart });
  });

  afterEach(() => fake.stop());

  test.each([
    ['lateButStored', { outcome: 'unknown', reason: 'timeout' }],
    ['droppedAfterStoring', { outcome: 'unknown', reason: 'reset' }],
    ['cutAnswer', { outcome: 'unknown', reason: 'bad-body', httpStatus: 200 }],
  ] as const)('is found when it arrived: %s', async (fault, outcome) => {
    const number = `+98912111${faultyRecipients[fault]}`;
    for (const message of [code('48213', number), text(number)]) {
      const triedAt = clock.now();
      expect(await provider.send(message)).toEqual(outcome);
      expect(await provider.find({ message, triedAt })).toEqual({
        found: 'yes',
        providerMessageId: fake.log.at(-1)?.id,
      });
    }
    expect(fake.requests.at(-1)?.url).toBe('/v1/send/live?pageNumber=1&pageSize=100');
  });

  test.each(['droppedBeforeStoring', 'brokenPage', 'unavailable'] as const)(
    'is absent when it did not: %s',
    async (fault) => {
      const message = text(`+98912111${faultyRecipients[fault]}`);
      const triedAt = clock.now();
      await provider.send(text());
      expect(await provider.send(message)).toMatchObject({ outcome: 'unknown' });
      expect(await provider.find({ message, triedAt })).toEqual({ found: 'absent' });
      const since = Math.floor(triedAt.getTime() / 1_000) - 10;
      expect(fake.requests.at(-1)?.url).toBe(
        `/v1/send/archive?fromDate=${since}&pageNumber=1&pageSize=100`,
      );
    },
  );

  test('is found when the day has ended since', async () => {
    const number = `+98912111${faultyRecipients.droppedAfterStoring}`;
    const message = code('48213', number);
    const triedAt = clock.now();
    await provider.send(message);
    clock.advance(86_400_000);
    expect(await provider.find({ message, triedAt })).toMatchObject({ found: 'yes' });
  });

  test('may be another one to the same number', async () => {
    const triedAt = clock.now();
    await provider.send(text(to, 'سلام'));
    expect(await provider.find({ message: text(to, 'بدرود'), triedAt })).toEqual({
      found: 'unknown',
    });
    expect(await provider.find({ message: text(to, ' سلام\n'), triedAt })).toMatchObject({
      found: 'yes',
    });
    const later = new Date(triedAt.getTime() + 120_000);
    expect(await provider.find({ message: text(to, 'سلام'), triedAt: later })).toEqual({
      found: 'absent',
    });
  });

  test('is looked for on every page, and not without end', async () => {
    const server = await new Loopback().start();
    const row = {
      messageId: 7,
      mobile: 989_121_110_001,
      messageText: 'سلام دنیا',
      sendDateTime: 2_000_000_000,
    };
    const full = Array.from({ length: 100 }, () => ({ ...row, mobile: 989_350_000_000 }));
    server.always(200, ok(full));
    const search = createSmsIr({ apiKey, line: '10008000', url: server.url, timeouts });
    const lost = { message: text(), triedAt: new Date() };
    expect(await search.find(lost)).toEqual({ found: 'unknown' });
    expect(server.asked).toHaveLength(10);
    server.at('/v1/send/live?pageNumber=2&pageSize=100', 200, ok([row]));
    expect(await search.find(lost)).toEqual({ found: 'yes', providerMessageId: '7' });
    server.always(200, ok([{ ...row, messageText: 'سلام', sendDateTime: null }]));
    expect(await search.find(lost)).toEqual({ found: 'unknown' });
    await server.stop();
  });

  test('certainly did not arrive when nobody listens', async () => {
    await fake.stop();
    expect(await provider.send(code())).toEqual(rejected('provider', 'busy', null));
    expect(await provider.find({ message: code(), triedAt: new Date() })).toEqual({
      found: 'unknown',
    });
    await fake.start();
  });
});
