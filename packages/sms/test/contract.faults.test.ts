import { describe, expect, test } from 'vitest';
import { faultyRecipients, refusedKeys } from '../src/testing/fake-provider.ts';
import { deliver, kinds, messageOf, numberOf, open, rows, words } from './contract.set-up.ts';

/** How sending ends by what happens on the way, and how many messages the provider then has. */
const faults = [
  { what: 'a late answer', digits: faultyRecipients.lateButStored, reason: 'timeout', taken: 1 },
  {
    what: 'a cut behind it',
    digits: faultyRecipients.droppedAfterStoring,
    reason: 'reset',
    taken: 1,
  },
  {
    what: 'a cut before it',
    digits: faultyRecipients.droppedBeforeStoring,
    reason: 'reset',
    taken: 0,
  },
  {
    what: 'a page of error 500',
    digits: faultyRecipients.brokenPage,
    reason: 'http-5xx',
    taken: 0,
  },
  { what: 'status 503', digits: faultyRecipients.unavailable, reason: 'http-5xx', taken: 0 },
  { what: 'half an answer', digits: faultyRecipients.cutAnswer, reason: 'bad-body', taken: 1 },
] as const;

describe('faults', () => {
  test.each(kinds.flatMap((row) => faults.map((fault) => ({ ...row, ...fault }))))(
    '$name: nobody knows of a $kind after $what',
    async ({ it, kind, digits, reason, taken }) => {
      await using pair = await open(it, { isHasty: true });
      const outcome = await pair.provider.send(messageOf(it, kind, numberOf(digits)));
      expect(outcome).toMatchObject({ outcome: 'unknown', reason });
      expect(pair.fake.log).toHaveLength(taken);
    },
  );

  test.each(kinds)('$name: a $kind is refused at once while it is down', async ({ it, kind }) => {
    await using pair = await open(it);
    await pair.fake.stop();
    const before = performance.now();
    const outcome = await pair.provider.send(messageOf(it, kind));
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(outcome).toEqual({
      outcome: 'rejected',
      scope: 'provider',
      error: 'busy',
      providerCode: null,
    });
    await pair.fake.start();
    expect(await pair.provider.send(messageOf(it, kind))).toMatchObject({ outcome: 'accepted' });
  });

  test.each(kinds)('$name: a $kind goes through after a throttled one', async ({ it, kind }) => {
    await using pair = await open(it);
    const message = messageOf(it, kind, numberOf(faultyRecipients.throttledOnce));
    const outcome = await pair.provider.send(message);
    expect(outcome).toMatchObject({ outcome: 'rejected', scope: 'provider' });
    expect(pair.fake.log).toHaveLength(0);
    expect(await pair.provider.send(message)).toMatchObject({ outcome: 'accepted' });
    expect(pair.fake.log).toHaveLength(1);
  });

  test.each(kinds.filter(({ capabilities, kind }) => capabilities.idempotent.includes(kind)))(
    '$name: a $kind with the same number of ours is sent once',
    async ({ it, kind }) => {
      await using pair = await open(it);
      const message = messageOf(it, kind);
      const first = await pair.provider.send(message);
      const [second, third] = await Promise.all([
        pair.provider.send(message),
        pair.provider.send(message),
      ]);
      const same = { outcome: 'accepted', providerMessageId: pair.fake.log[0]?.id };
      expect([first, second, third]).toMatchObject([same, same, same]);
      expect(pair.fake.log).toHaveLength(1);
    },
  );

  const findable = kinds.filter(({ capabilities, kind }) => capabilities.findable.includes(kind));

  test.each(findable)('$name: a $kind without an answer is found', async ({ it, kind }) => {
    await using pair = await open(it);
    const message = messageOf(it, kind, numberOf(faultyRecipients.droppedAfterStoring));
    const triedAt = pair.clock.now();
    await pair.provider.send(message);
    expect(await pair.provider.find({ message, triedAt })).toEqual({
      found: 'yes',
      providerMessageId: pair.fake.log[0]?.id,
    });
  });

  test.each(findable)('$name: a $kind that never came is absent', async ({ it, kind }) => {
    await using pair = await open(it);
    const message = messageOf(it, kind, numberOf(faultyRecipients.droppedBeforeStoring));
    const triedAt = pair.clock.now();
    await pair.provider.send(messageOf(it, kind, numberOf('0001', '112')));
    await pair.provider.send(message);
    expect(await pair.provider.find({ message, triedAt })).toEqual({ found: 'absent' });
  });

  test.each(
    kinds.flatMap((row) =>
      Object.entries(faultyRecipients).map(([fault, digits]) => ({ ...row, fault, digits })),
    ),
  )('$name: a careful caller sends no $kind twice: $fault', async ({ it, kind, digits }) => {
    await using pair = await open(it, { isHasty: true });
    const { outcome } = await deliver(pair, messageOf(it, kind, numberOf(digits)));
    expect(pair.fake.log.length).toBeGreaterThanOrEqual(outcome === 'accepted' ? 1 : 0);
    expect(pair.fake.log.length).toBeLessThanOrEqual(1);
  });

  test.each(rows)('$name: outcomes tell no secrets', async ({ it, capabilities }) => {
    const told: unknown[] = [];
    const keys = ['right-key-0001', ...Object.values(refusedKeys)];
    const secrets = new Set<string>([words, ...keys]);
    for (const key of keys) {
      await using pair = await open(it, { key, isHasty: true });
      for (const digits of ['0001', ...Object.values(faultyRecipients)]) {
        for (const kind of (['text', 'template'] as const).filter((one) => capabilities[one])) {
          const message = messageOf(it, kind, numberOf(digits));
          const { to } = message;
          const values = message.kind === 'template' ? message.values : [];
          for (const secret of [to, to.slice(3), ...values.map(({ value }) => value)]) {
            secrets.add(secret);
          }
          // Ids are numbers that may hold any other by chance.
          told.push({ ...(await pair.provider.send(message)), providerMessageId: null });
        }
      }
    }
    const text = JSON.stringify(told);
    expect([...secrets].filter((secret) => text.includes(secret))).toEqual([]);
  });
});
