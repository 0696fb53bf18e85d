import { describe, expect, test } from 'vitest';
import type { DeliveryState } from '../src/outcome.ts';
import { faultyRecipients, refusedKeys } from '../src/testing/fake-provider.ts';
import type { ProviderCase } from './case.ts';
import {
  kinds,
  messageOf,
  numberOf,
  open,
  otherKinds,
  rows,
  usual,
  words,
  type Pair,
} from './contract.set-up.ts';

type Path = readonly [seconds: number, state: DeliveryState][];

/** On the way for five minutes, then where the carrier says; that stays so. */
function pathTo(state: DeliveryState): Path {
  return [
    [2, 'sent-to-carrier'],
    [301, state],
    [3_600, state],
  ];
}

const journeys: readonly { whom: string; digits: string; path: Path }[] = [
  { whom: 'a phone', digits: '0001', path: pathTo('delivered') },
  {
    whom: 'a phone that is off',
    digits: faultyRecipients.undelivered,
    path: pathTo('undelivered'),
  },
  { whom: 'a carrier that fails', digits: faultyRecipients.carrierFailure, path: pathTo('failed') },
  { whom: 'a silent carrier', digits: faultyRecipients.staysSent, path: pathTo('sent-to-carrier') },
  {
    whom: 'somebody who takes no advertising',
    digits: faultyRecipients.blacklisted,
    path: [
      [2, 'blacklisted'],
      [3_600, 'blacklisted'],
    ],
  },
];

describe('sending', () => {
  test.each(kinds)('$name takes a $kind once', async ({ it, kind }) => {
    await using pair = await open(it);
    const message = messageOf(it, kind);
    const outcome = await pair.provider.send(message);
    const [stored] = pair.fake.log;
    expect(outcome).toMatchObject({
      outcome: 'accepted',
      providerMessageId: it.hasIds ? stored?.id : null,
    });
    expect(pair.fake.log).toHaveLength(1);
    expect(stored?.to).toMatch(/9121110001$/);
    expect(stored).toMatchObject(
      message.kind === 'text'
        ? { text: words, template: null }
        : { template: message.template, values: message.values.map(({ value }) => value) },
    );
  });

  test.each(otherKinds)('$name refuses a $kind without a call', async ({ it, kind }) => {
    await using pair = await open(it);
    expect(await pair.provider.send(messageOf(it, kind))).toEqual({
      outcome: 'rejected',
      scope: 'message',
      error: 'unsupported',
      providerCode: null,
    });
    expect(pair.fake.requests).toHaveLength(0);
  });

  test.each(kinds.filter(({ it }) => it.badNumber !== null))(
    '$name refuses a $kind to a number that cannot be',
    async ({ it, kind }) => {
      await using pair = await open(it);
      const outcome = await pair.provider.send(messageOf(it, kind, '+98912'));
      const [scope, error] = it.badNumber ?? [];
      expect(outcome).toMatchObject({ outcome: 'rejected', scope, error });
      expect(pair.fake.log).toHaveLength(0);
    },
  );

  test.each(rows.filter(({ capabilities }) => capabilities.template))(
    '$name refuses a template that is not there',
    async ({ it }) => {
      await using pair = await open(it);
      const [scope, error] = it.templateMissing ?? ['account', 'template-missing'];
      const outcome = await pair.provider.send(it.missingTemplate(numberOf(), '70000001'));
      expect(outcome).toMatchObject({ outcome: 'rejected', scope, error });
      expect(pair.fake.log).toHaveLength(0);
    },
  );

  test.each(usual.flatMap((row) => refusalsOf(row.it).map((refusal) => ({ ...row, ...refusal }))))(
    '$name refuses the key $key',
    async ({ it, kind, key, because }) => {
      await using pair = await open(it, { key });
      const [scope, error] = because;
      const outcome = await pair.provider.send(messageOf(it, kind));
      expect(outcome).toMatchObject({ outcome: 'rejected', scope, error });
      expect(pair.fake.log).toHaveLength(0);
    },
  );

  test.each(kinds)('$name takes each $kind of 50 calls at a time once', async ({ it, kind }) => {
    await using pair = await open(it);
    const messages = Array.from({ length: 50 }, (_, index) =>
      messageOf(it, kind, numberOf('0001', String(100 + index))),
    );
    const outcomes = await Promise.all(messages.map((one) => pair.provider.send(one)));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(messages.map(() => 'accepted'));
    expect(pair.fake.log).toHaveLength(50);
    expect(new Set(pair.fake.log.map(({ to }) => to)).size).toBe(50);
  });

  test.each(usual)('$name takes 20 calls over one connection', async ({ it, kind }) => {
    await using pair = await open(it);
    for (let call = 0; call < 20; call += 1) {
      await pair.provider.send(messageOf(it, kind));
    }
    expect(pair.fake.log).toHaveLength(20);
    expect(pair.fake.connections).toBe(1);
  });
});

describe('questions', () => {
  test.each(usual)('$name has no answers while it is down', async ({ it, kind }) => {
    await using pair = await open(it);
    await pair.fake.stop();
    const lost = { message: messageOf(it, kind), triedAt: pair.clock.now() };
    expect(await pair.provider.find(lost)).toEqual({ found: 'unknown' });
    expect(await pair.provider.status(['1'])).toBeNull();
    expect(await pair.provider.credit()).toBeNull();
    expect(await pair.provider.receive('10008000')).toBeNull();
  });

  test.each(usual.filter(({ capabilities }) => capabilities.credit))(
    '$name tells the credit of the account',
    async ({ it, kind }) => {
      await using pair = await open(it);
      await pair.provider.send(messageOf(it, kind));
      const credit = await pair.provider.credit();
      expect(Number(credit?.amount)).toBe(pair.fake.credit);
    },
  );

  test.each(
    usual
      .filter(({ it, capabilities }) => it.hasIds && capabilities.status)
      .flatMap((row) => journeys.map((journey) => ({ ...row, ...journey }))),
  )('$name follows a message to $whom', async ({ it, kind, digits, path }) => {
    await using pair = await open(it);
    await pair.provider.send(messageOf(it, kind, numberOf(digits)));
    const said = (state: DeliveryState): DeliveryState => it.states?.[state] ?? state;
    const first = (['queued', 'sent-to-carrier', 'blacklisted'] as const).map(said);
    expect(first).toContain(await stateNow(pair));
    let seconds = 0;
    for (const [at, state] of path) {
      pair.clock.advance((at - seconds) * 1_000);
      seconds = at;
      expect([at, await stateNow(pair)]).toEqual([at, said(state)]);
    }
  });
});

function refusalsOf(it: ProviderCase) {
  return Object.entries(refusedKeys).flatMap(([name, key]) => {
    const because = it.refusals[name as keyof typeof refusedKeys];
    return because ? [{ key, because }] : [];
  });
}

async function stateNow({ provider, fake }: Pair): Promise<DeliveryState | undefined> {
  const id = fake.log[0]?.id ?? '';
  const reports = await provider.status([id]);
  expect(reports).toMatchObject([{ providerMessageId: id }]);
  return reports?.[0]?.state;
}
