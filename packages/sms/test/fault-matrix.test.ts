import { describe, expect, test } from 'vitest';
import type { RoutedMessage } from '../src/prepare.ts';
import type { RouteResult } from '../src/route.ts';
import { SmsRouter } from '../src/router.ts';
import { TemplateBook } from '../src/templates.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { faultyRecipients, refusedKeys, type FakeProvider } from '../src/testing/fake-provider.ts';
import type { ProviderCase } from './case.ts';
import { cases } from './cases.ts';
import { numberOf, words } from './contract.set-up.ts';
import { kavenegarCase } from './kavenegar.case.ts';
import { meliPayamakCase } from './meli-payamak.case.ts';

/** Two providers behind one router; waiting takes no time but moves the clock. */
interface Two extends AsyncDisposable {
  router: SmsRouter;
  a: FakeProvider;
  b: FakeProvider;
  clock: FakeClock;
  code(to: string, isCode: boolean): RoutedMessage;
}

const right = 'right-key-0001';
let lastRef = 880_000_000;

async function openTwo(
  first: ProviderCase,
  { key = right, totalMs = 10_000 }: { key?: string; totalMs?: number } = {},
): Promise<Two> {
  const second = first === meliPayamakCase ? kavenegarCase : meliPayamakCase;
  const clock = new FakeClock();
  const options = { clock, lateMs: 30_000 };
  const [a, b] = [await first.start(options), await second.start(options)];
  const own = first.template(numberOf(), '1');
  const values = own.kind === 'template' ? own.values : [];
  const variables = values.map(({ name, value }, i) => ({ variable: `v${i}`, name, value }));
  const text = variables.map(({ variable }) => `{${variable}}`).join(' ');
  const slots = variables.map(({ variable, name }) => ({ variable, name }));
  const template = own.kind === 'template' ? own.template : '';
  const templates = new TemplateBook([
    {
      name: 'otp',
      texts: { fa: text, en: text },
      providers: { [first.name]: { fa: { template, slots } } },
    },
  ]);
  const sleep = (ms: number): Promise<void> => {
    clock.advance(ms);
    return Promise.resolve();
  };
  const timeouts = { totalMs };
  const router = new SmsRouter({
    providers: [first.create(a, { key, timeouts }), second.create(b, { key: right, timeouts })],
    templates,
    clock: { now: () => clock.now(), sleep },
  });
  const code = (to: string, isCode: boolean): RoutedMessage => {
    lastRef += 1;
    return {
      kind: 'template',
      to,
      ref: String(lastRef),
      isCode,
      template: 'otp',
      language: 'fa',
      values: Object.fromEntries(variables.map(({ variable, value }) => [variable, value])),
    };
  };
  const close = async (): Promise<void> => {
    await Promise.all([a.stop(), b.stop()]);
  };
  return { router, a, b, clock, code, [Symbol.asyncDispose]: close };
}

function textTo(to: string): RoutedMessage {
  lastRef += 1;
  return { kind: 'text', to, ref: String(lastRef), isCode: false, text: words };
}

/** Whether somebody was asked who may have the message, and could not be asked about it. */
function isLostAt({ attempts }: RouteResult, name: string): boolean {
  const last = attempts.findLast(({ provider }) => provider === name);
  return last !== undefined && ['unknown', 'absent'].includes(last.outcome);
}

const faults = Object.entries(faultyRecipients).map(([fault, digits]) => ({ fault, digits }));
const matrix = cases.flatMap((first) => faults.map((fault) => ({ first, ...fault })));
const hastyMs = 300;

describe('M13: for every fault of every provider, at most one SMS for each request', () => {
  test.each(matrix)('$first.name: $fault', async ({ first, fault, digits }) => {
    const isLate = fault === 'lateButStored';
    await using two = await openTwo(first, isLate ? { totalMs: hastyMs } : {});
    const { router, a, b } = two;
    const taken = (): number => a.log.length + b.log.length;

    await router.send(textTo(numberOf(digits, '201')));
    expect(taken(), 'a text').toBeLessThanOrEqual(1);

    const afterText = taken();
    await router.send(two.code(numberOf(digits, '202'), false));
    expect(taken() - afterText, 'a notice').toBeLessThanOrEqual(1);

    const [atA, atB] = [a.log.length, b.log.length];
    const result = await router.send(two.code(numberOf(digits, '203'), true));
    const [newA, newB] = [a.log.length - atA, b.log.length - atB];
    expect(newA, 'a code at the first').toBeLessThanOrEqual(1);
    expect(newB, 'a code at the second').toBeLessThanOrEqual(1);
    // The documented exception: a code of which nobody can say whether it was sent goes on.
    if (newA + newB > 1) {
      expect(isLostAt(result, first.name)).toBe(true);
    }
    if (result.outcome.outcome === 'rejected') {
      expect(newA + newB).toBe(0);
    }
  });
});

const soonMs = 3_000;

describe('M10: with the first provider out of order a code arrives through the second', () => {
  test.each(cases)('$name is down', async (first) => {
    await using two = await openTwo(first);
    await two.a.stop();
    const before = two.clock.now().getTime();
    const result = await two.router.send(two.code(numberOf(), true));
    expect(result.outcome).toMatchObject({ outcome: 'accepted' });
    expect(two.b.log).toHaveLength(1);
    expect(two.clock.now().getTime() - before).toBeLessThanOrEqual(soonMs);
    await two.a.start();
  });

  const refusals = cases.flatMap((first) =>
    (Object.keys(first.refusals) as (keyof typeof refusedKeys)[]).map((why) => ({ first, why })),
  );

  test.each(refusals)('$first.name refuses our account: $why', async ({ first, why }) => {
    await using two = await openTwo(first, { key: refusedKeys[why] });
    const result = await two.router.send(two.code(numberOf(), true));
    expect(result.outcome).toMatchObject({ outcome: 'accepted' });
    expect([two.a.log.length, two.b.log.length]).toEqual([0, 1]);
    const requests = two.a.requests.length;
    await two.router.send(textTo(numberOf('0001', '301')));
    expect(two.a.requests).toHaveLength(requests);
  });
});
