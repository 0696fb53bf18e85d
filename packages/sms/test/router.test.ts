import { afterEach, expect, test } from 'vitest';
import { createConsole } from '../src/providers/console.ts';
import { createKavenegar } from '../src/providers/kavenegar.ts';
import { createMeliPayamak } from '../src/providers/meli-payamak.ts';
import { accepted, rejected, unknown, type SendOutcome } from '../src/outcome.ts';
import type { RoutedMessage } from '../src/prepare.ts';
import type { FindOutcome, SmsProvider } from '../src/provider.ts';
import type { RouterAlert, RouterOptions } from '../src/route.ts';
import { SmsRouter } from '../src/router.ts';
import { TemplateBook, type TemplateSpec } from '../src/templates.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { FakeKavenegar } from '../src/testing/fake-kavenegar.ts';
import { FakeMeliPayamak } from '../src/testing/fake-meli-payamak.ts';

const otp: TemplateSpec = {
  name: 'otp',
  texts: { fa: 'کد شما: {code}', en: 'Your code: {code}' },
  providers: {
    kavenegar: { fa: { template: 'login-otp', slots: [{ variable: 'code', name: 'token' }] } },
    'meli-payamak': { fa: { template: '123456', slots: [{ variable: 'code', name: '1' }] } },
  },
};

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const fake of opened.splice(0)) {
    await fake[Symbol.asyncDispose]();
  }
});

interface Set {
  a: FakeKavenegar;
  b: FakeMeliPayamak;
  router: SmsRouter;
  alerts: RouterAlert[];
  /** What was waited for by the router, in milliseconds. */
  waits: number[];
}

interface Keys {
  a?: string;
  b?: string;
  lateMs?: number;
}

/** Two providers, of which A comes first, and a clock on which waiting takes no time. */
async function start(options: Partial<RouterOptions> = {}, keys: Keys = {}): Promise<Set> {
  const clock = new FakeClock();
  const { lateMs = 600 } = keys;
  const a = await new FakeKavenegar({
    clock,
    lateMs,
    templates: [{ name: 'login-otp', variables: ['token'] }],
  }).start();
  const b = await new FakeMeliPayamak({
    clock,
    lateMs,
    lines: ['50002000000001'],
    templates: [{ name: '123456', variables: ['1'] }],
  }).start();
  opened.push(a, b);
  const timeouts = { connectMs: 300, totalMs: 300 };
  const alerts: RouterAlert[] = [];
  const waits: number[] = [];
  const router = new SmsRouter({
    providers: [
      createKavenegar({ apiKey: keys.a ?? 'right', url: a.url, timeouts }),
      createMeliPayamak({
        username: 'u',
        apiKey: keys.b ?? 'right',
        from: '50002000000001',
        url: b.url,
        timeouts,
      }),
    ],
    templates: new TemplateBook([otp]),
    clock: {
      now: () => clock.now(),
      sleep: (ms) => {
        waits.push(ms);
        clock.advance(ms);
        return Promise.resolve();
      },
    },
    onAlert: (alert) => alerts.push(alert),
    ...options,
  });
  return { a, b, router, alerts, waits };
}

let ref = 70_000_000;

function code(last: string, template = 'otp'): RoutedMessage {
  ref += 1;
  return {
    kind: 'template',
    to: `+98912111${last}`,
    ref: String(ref),
    isCode: true,
    template,
    language: 'fa',
    values: { code: '48213' },
  };
}

function text(last: string): RoutedMessage {
  ref += 1;
  return {
    kind: 'text',
    to: `+98912111${last}`,
    ref: String(ref),
    isCode: false,
    text: 'سلام دنیا',
  };
}

const steps = ({ attempts }: Awaited<ReturnType<SmsRouter['send']>>): string[] =>
  attempts.map(({ provider, action, outcome, because }) =>
    [provider === 'kavenegar' ? 'A' : 'B', action, because ?? outcome].join(' '),
  );

test('the first provider sends, the second is not asked', async () => {
  const { a, b, router } = await start();
  const result = await router.send(code('0001'));
  expect(result).toMatchObject({ outcome: { outcome: 'accepted' }, provider: 'kavenegar' });
  expect([a.log.length, b.requests.length]).toEqual([1, 0]);
});

test('without credit at A the code goes through B, and A is left alone', async () => {
  const { a, b, router, alerts } = await start({}, { a: 'key-nocredit' });
  const result = await router.send(code('0001'));
  expect(steps(result)).toEqual(['A send no-credit', 'B send accepted']);
  expect(b.log[0]?.values).toEqual(['48213']);
  expect(alerts).toMatchObject([{ provider: 'kavenegar', template: null }]);
  expect(alerts[0]?.circuit.reason).toBe('no-credit');
  expect(steps(await router.send(code('0001')))).toEqual(['B send accepted']);
  expect(a.requests).toHaveLength(1);
});

test('a number that cannot be is refused once; B is not paid for saying it again', async () => {
  const { a, b, router } = await start();
  const result = await router.send({ ...text('0001'), to: '+98912' });
  expect(result.outcome).toMatchObject({
    outcome: 'rejected',
    scope: 'recipient',
    error: 'bad-number',
  });
  expect([a.requests.length, b.requests.length]).toEqual([1, 0]);
});

test('when A is down the code goes through B without waiting', async () => {
  const { a, b, router, waits } = await start();
  await a.stop();
  const result = await router.send(code('0001'));
  expect(steps(result)).toEqual(['A send busy', 'B send accepted']);
  expect(b.log).toHaveLength(1);
  expect(waits).toEqual([]);
});

test('a text whose answer was lost is repeated under its number and sent once', async () => {
  const { a, b, router } = await start();
  const result = await router.send(text('0011'));
  expect(steps(result)).toEqual(['A send reset', 'A repeat accepted']);
  expect([a.log.length, b.requests.length]).toEqual([1, 0]);
});

test('a code whose answer was lost is found at A, and B is not asked', async () => {
  const { a, b, router } = await start();
  const result = await router.send(code('0011'));
  expect(steps(result)).toEqual(['A send reset', 'A find found']);
  expect(result).toMatchObject({ outcome: { outcome: 'accepted' }, provider: 'kavenegar' });
  expect([a.log.length, b.requests.length]).toEqual([1, 0]);
});

test('a code that A has lost and does not know goes through B: the same code', async () => {
  const { a, b, router } = await start();
  const result = await router.send(code('0012'));
  expect(steps(result).slice(0, 3)).toEqual(['A send reset', 'A find absent', 'B send reset']);
  expect(a.log).toHaveLength(0);
  expect(b.log).toHaveLength(0);
  expect(b.requests[0]?.form.get('text')).toBe('48213');
});

test('with the policy `stop` a lost code stays lost', async () => {
  const { b, router } = await start({ onUnknownCode: 'stop' });
  const result = await router.send(code('0012'));
  expect(result.outcome).toMatchObject({ outcome: 'unknown' });
  expect(b.requests).toHaveLength(0);
});

test('a notice whose answer was lost never goes through another provider', async () => {
  const { b, router } = await start();
  const notice = { ...code('0012'), isCode: false };
  const result = await router.send(notice);
  expect(result).toMatchObject({ outcome: { outcome: 'unknown' }, provider: 'kavenegar' });
  expect(b.requests).toHaveLength(0);
});

test('a provider that throttles is asked again after growing waits, as often as allowed', async () => {
  const { a, b, router, waits } = await start({ retries: 2, backoffMs: 100 });
  const result = await router.send(text('0020'));
  expect(steps(result)).toEqual(['A send throttled', 'A send accepted']);
  expect(waits).toEqual([100]);
  expect([a.log.length, b.requests.length]).toEqual([1, 0]);
});

test('a template that neither has: both are tried, both say so, and other templates go on', async () => {
  const spec: TemplateSpec = {
    name: 'gone',
    texts: otp.texts,
    providers: {
      kavenegar: { fa: { template: 'nope', slots: [{ variable: 'code', name: 'token' }] } },
      'meli-payamak': { fa: { template: '999', slots: [{ variable: 'code', name: '1' }] } },
    },
  };
  const { router, alerts } = await start({ templates: new TemplateBook([otp, spec]) });
  const result = await router.send(code('0001', 'gone'));
  expect(result.outcome).toMatchObject({ outcome: 'rejected', error: 'template-missing' });
  expect(alerts.map(({ provider, template }) => [provider, template])).toEqual([
    ['kavenegar', 'nope'],
    ['meli-payamak', '999'],
  ]);
  expect(steps(await router.send(code('0001')))).toEqual(['A send accepted']);
});

test('with both ways closed nothing is tried, and the answer comes at once', async () => {
  const { a, b, router } = await start({}, { a: 'key-nocredit', b: 'key-nocredit' });
  await router.send(code('0001'));
  const before = [a.requests.length, b.requests.length];
  const result = await router.send(code('0001'));
  expect(result).toEqual({
    outcome: { outcome: 'rejected', scope: 'provider', error: 'busy', providerCode: null },
    provider: null,
    attempts: [],
  });
  expect([a.requests.length, b.requests.length]).toEqual(before);
  expect(router.closed().map(({ key }) => key)).toEqual(['kavenegar', 'meli-payamak']);
});

test.for(['0010', '0011', '0012', '0013', '0014', '0015', '0020'])(
  'whatever happens to …%s, at most one SMS for a text, and for a code at most one at each',
  async (last) => {
    const { a, b, router } = await start();
    await router.send(text(last));
    expect(a.log.length + b.log.length).toBeLessThanOrEqual(1);
    await router.send(code(last));
    const codes = [a.log, b.log].map((log) => log.filter(({ template }) => template !== null));
    expect(Math.max(...codes.map((log) => log.length))).toBeLessThanOrEqual(1);
  },
);

test('no outcome, attempt or alert holds a code, a key or a number', async () => {
  const { router, alerts } = await start({}, { a: 'key-bad' });
  const results = [];
  for (const last of ['0001', '0011', '0012', '0014']) {
    results.push(await router.send(code(last)));
  }
  const told = JSON.stringify([results, alerts]);
  for (const secret of ['48213', 'key-bad', '912111']) {
    expect(told).not.toContain(secret);
  }
});

test('one that may have a code outweighs another that refused it: it was not "not sent"', async () => {
  const { router } = await start({}, { b: 'key-nocredit' });
  const result = await router.send(code('0012'));
  expect(steps(result)).toEqual(['A send reset', 'A find absent', 'B send no-credit']);
  expect(result).toMatchObject({ outcome: { outcome: 'unknown' }, provider: 'kavenegar' });
});

test('who is about to be called is said before each call, and nothing goes when that fails', async () => {
  const { a, b, router } = await start({}, { a: 'key-nocredit' });
  const said: string[] = [];
  await router.send(code('0001'), {
    onTry: ({ provider, action, lostAt }) => {
      said.push([provider, action, lostAt, a.requests.length, b.requests.length].join(' '));
      return Promise.resolve();
    },
  });
  expect(said).toEqual(['kavenegar send  0 0', 'meli-payamak send  1 0']);
  const onTry = (): Promise<void> => Promise.reject(new Error('the database is away'));
  await expect(router.send(code('0001'), { onTry })).rejects.toThrow('the database is away');
  expect([a.log.length, b.log.length]).toEqual([0, 1]);
});

const ago = (ms: number): Date => new Date(new FakeClock().now().getTime() - ms);

test('before a question too it is said who is asked, and who may have the message by then', async () => {
  const { router } = await start();
  const said: string[] = [];
  await router.send(code('0012'), {
    onTry: ({ provider, action, lostAt }) => {
      said.push(`${provider} ${action} [${lostAt.join()}]`);
      return Promise.resolve();
    },
  });
  expect(said).toEqual([
    'kavenegar send []',
    'kavenegar find []',
    'meli-payamak send [kavenegar]',
    'meli-payamak find [kavenegar]',
  ]);
});

test('a code whose sender stopped at B is not sent by A again, which may have it', async () => {
  const { a, b, router } = await start();
  const stopped = { provider: 'meli-payamak', triedAt: ago(1_000), lostAt: ['kavenegar'] };
  const result = await router.resume(code('0001'), stopped);
  expect(steps(result)).toEqual(['B find absent', 'B send accepted']);
  expect([a.requests.length, b.log.length]).toEqual([0, 1]);
  await b.stop();
  const lost = await router.resume(code('0001'), stopped);
  expect(steps(lost)).toEqual(['B find unknown']);
  expect([lost.outcome.outcome, a.requests.length]).toEqual(['unknown', 0]);
});

test('a code that A may have is never called "not sent", also when B refuses it after a stop', async () => {
  const { a, router } = await start({}, { b: 'key-nocredit' });
  const stopped = { provider: 'meli-payamak', triedAt: ago(1_000), lostAt: ['kavenegar'] };
  const result = await router.resume(code('0001'), stopped);
  expect(result).toMatchObject({ outcome: { outcome: 'unknown' } });
  expect(a.requests).toHaveLength(0);
});

test('a text is repeated only as long as A is documented to know our numbers', async () => {
  const { a, router } = await start();
  const half = 12 * 3_600_000;
  const early = { provider: 'kavenegar', triedAt: ago(half - 1_000), lostAt: [] };
  expect(steps(await router.resume(text('0001'), early))).toEqual(['A repeat accepted']);
  const late = { ...early, triedAt: ago(half + 1_000) };
  expect(steps(await router.resume(text('0001'), late))).toEqual(['A find unknown']);
  expect(a.log).toHaveLength(1);
});

test('a provider that takes too long to find something is not waited for', async () => {
  const { promise: never } = Promise.withResolvers<never>();
  const slow = { ...createKavenegar({ apiKey: 'k' }), find: () => never };
  const other = createConsole({ print: () => undefined });
  const { router } = await start({ providers: [slow, other], findWithinMs: 50 });
  const stopped = { provider: 'kavenegar', triedAt: ago(1_000), lostAt: [] };
  const result = await router.resume(code('0001'), stopped);
  expect(result).toMatchObject({ outcome: { outcome: 'accepted' }, provider: 'console' });
});

test('a code that was lost is not taken for another message to its number that we know', async () => {
  const { a, b, router } = await start();
  await router.send(code('0001'));
  const asked: string[] = [];
  const othersAt = (provider: string): Promise<string[]> => {
    asked.push(provider);
    return Promise.resolve(a.log.map(({ id }) => id));
  };
  const stopped = { provider: 'kavenegar', triedAt: ago(1_000), lostAt: [] };
  const result = await router.resume(code('0001'), stopped, { othersAt });
  expect(steps(result)).toEqual(['A find absent', 'A send accepted']);
  expect([asked, a.log.length, b.log.length]).toEqual([['kavenegar'], 2, 0]);
});

/** A provider that answers as it is told, in order; the last answer stays. */
function scripted(name: string, answers: readonly SendOutcome[], found: FindOutcome['found']) {
  let calls = 0;
  const usual = createConsole({ print: () => undefined });
  const provider: SmsProvider = {
    ...usual,
    name,
    capabilities: { ...usual.capabilities, findable: ['text', 'template'] },
    send: () => {
      calls += 1;
      return Promise.resolve(answers[calls - 1] ?? answers.at(-1) ?? unknown('reset'));
    },
    find: () => Promise.resolve(found === 'yes' ? { found, providerMessageId: '1' } : { found }),
  };
  return provider;
}

test('a code that A has not got arrives through B', async () => {
  const a = scripted('kavenegar', [unknown('reset')], 'absent');
  const { router } = await start({ providers: [a, scripted('b', [accepted('7')], 'yes')] });
  const result = await router.send(code('0001'));
  expect(steps(result)).toEqual(['A send reset', 'A find absent', 'B send accepted']);
  expect(result).toMatchObject({ outcome: { outcome: 'accepted' }, provider: 'b' });
});

test('a busy provider is asked three times with growing waits when two more are allowed', async () => {
  const busy = rejected(['provider', 'throttled'], '451');
  const a = scripted('kavenegar', [busy, busy, accepted('1')], 'absent');
  const { router, waits } = await start({ providers: [a], retries: 2 });
  const result = await router.send(text('0001'));
  expect(steps(result)).toEqual(['A send throttled', 'A send throttled', 'A send accepted']);
  expect(waits).toEqual([200, 400]);
});

test('a notice that A is too late to answer for stays unknown, and B is not called', async () => {
  const a = scripted('kavenegar', [unknown('timeout')], 'unknown');
  const { router } = await start({ providers: [a, scripted('b', [accepted('7')], 'yes')] });
  const result = await router.send({ ...code('0001'), isCode: false });
  expect(steps(result)).toEqual(['A send timeout', 'A find unknown']);
  expect(result.outcome).toEqual({ outcome: 'unknown', reason: 'timeout' });
});

test('a code whose sender stopped after A had taken it is found there and not sent again', async () => {
  const { a, b, router } = await start();
  const sent = code('0001');
  await router.send(sent);
  const lost = { provider: 'kavenegar', triedAt: ago(1_000), lostAt: [] };
  const result = await router.resume(sent, lost);
  expect(steps(result)).toEqual(['A find found']);
  expect(result).toMatchObject({ outcome: { outcome: 'accepted' }, provider: 'kavenegar' });
  expect([a.log.length, b.requests.length]).toEqual([1, 0]);
});

test('a text whose sender stopped is repeated under its number: one, whether it had gone or not', async () => {
  const { a, router } = await start();
  const [gone, kept] = [text('0001'), text('0001')];
  await router.send(gone);
  const lost = { provider: 'kavenegar', triedAt: ago(1_000), lostAt: [] };
  expect(steps(await router.resume(gone, lost))).toEqual(['A repeat accepted']);
  expect(steps(await router.resume(kept, lost))).toEqual(['A repeat accepted']);
  expect(a.log.map(({ ref: number }) => number)).toEqual([gone.ref, kept.ref]);
});

test('a code whose sender stopped before A had it is sent through A as if nothing had happened', async () => {
  const { a, b, router } = await start();
  const lost = { provider: 'kavenegar', triedAt: ago(1_000), lostAt: [] };
  const result = await router.resume(code('0001'), lost);
  expect(steps(result)).toEqual(['A find absent', 'A send accepted']);
  expect([a.log.length, b.requests.length]).toEqual([1, 0]);
});

test('a notice whose sender stopped, and that A does not know, is sent by nobody again', async () => {
  const { a, b, router } = await start();
  const lost = { provider: 'kavenegar', triedAt: ago(1_000), lostAt: [] };
  const result = await router.resume({ ...code('0001'), isCode: false }, lost);
  expect(steps(result)).toEqual(['A find absent']);
  expect(result.outcome.outcome).toBe('unknown');
  expect([a.log.length, b.requests.length]).toEqual([0, 0]);
});

test('what nobody can say after a stop: a code goes on to the others, all else stays unknown', async () => {
  const { a, b, router } = await start();
  await a.stop();
  const lost = { provider: 'kavenegar', triedAt: ago(1_000), lostAt: [] };
  const notice = { ...code('0001'), isCode: false };
  await expect(router.resume(notice, lost)).resolves.toMatchObject({
    outcome: { outcome: 'unknown' },
    provider: 'kavenegar',
  });
  expect(b.requests).toHaveLength(0);
  expect(steps(await router.resume(code('0001'), lost))).toEqual([
    'A find unknown',
    'B send accepted',
  ]);
  const renamed = { ...lost, provider: 'somebody-else' };
  await expect(router.resume(notice, renamed)).resolves.toMatchObject({
    outcome: { outcome: 'unknown' },
    provider: 'somebody-else',
  });
});
