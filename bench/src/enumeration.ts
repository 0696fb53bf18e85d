import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Caller, type Answer } from './caller.ts';
import { mannWhitney, quantile, shiftInterval } from './mann-whitney.ts';
import { inventPeople, openAccounts, readChallenge, type Person } from './people.ts';
import { describeRun, loadNow, table } from './report.ts';
import { startServer } from './server.ts';

/** Calls that count on each side, and those before them that do not. */
const counted = 500;
const warmUp = 100;
/** Between two calls, so that the jobs of one have ended when the next one begins. */
const pauseMs = 25;
/** The level at which two sides are called separable. */
const level = 0.01;

const plenty = '10000000';
const addressLimits = ['otp.request', 'otp.verify', 'password.login', 'password.register']
  .map((path) => `${path}:address=999999/3600`)
  .join(',');

/** Budgets and lives are wide, so that none of them decides an answer. */
const env = {
  NODE_ENV: 'development',
  TRUST_PROXY: 'loopback',
  RATE_LIMITS: addressLimits,
  SMS_PER_MINUTE: plenty,
  SMS_PER_DAY: plenty,
  SMS_PER_COUNTRY_PER_HOUR: plenty,
  OTP_LIFE_SECONDS: '3600',
};

/** A question by which somebody may try to learn who has an account. */
interface Probe {
  name: string;
  /** Made for everybody before the measurement begins. */
  prepare?: (person: Person) => Promise<void>;
  ask: (person: Person) => Promise<Answer>;
}

/** The CPU that is still at work for a call slows the next ones: their sum is what is measured. */
const callsThatFollow = 10;

function probesOf(caller: Caller): Probe[] {
  const reset = (email: string) => caller.call('otp.request', { email, purpose: 'reset-password' });
  return [
    {
      name: '`otp.request`, login, by phone',
      ask: ({ phone }) => caller.call('otp.request', { phone }),
    },
    { name: '`otp.request`, reset-password, by e-mail', ask: ({ email }) => reset(email) },
    {
      name: `the ${callsThatFollow} calls of \`/healthz\` after that`,
      ask: async ({ email }) => {
        readChallenge((await reset(email)).body);
        let ms = 0;
        let last = await caller.get('/healthz');
        for (let i = 1; i < callsThatFollow; i += 1) {
          ms += last.ms;
          last = await caller.get('/healthz');
        }
        return { ...last, ms: ms + last.ms };
      },
    },
    {
      name: '`password.login`, wrong password',
      ask: ({ phone }) => caller.call('password.login', { phone, password: 'not the password' }),
    },
    {
      name: '`otp.verify`, wrong code',
      prepare: async (person) => {
        person.challengeId = readChallenge(
          (await caller.call('otp.request', { phone: person.phone })).body,
        );
      },
      ask: ({ challengeId }) => caller.call('otp.verify', { challengeId, code: '000000' }),
    },
  ];
}

/** What one side of a probe was answered. */
interface Side {
  ms: number[];
  /** The answers without what is different in every answer. */
  forms: Set<string>;
}

interface Measured {
  probe: string;
  known: Side;
  unknown: Side;
}

/** Asks every question of people with an account and of people without, and compares. */
export async function measureEnumeration(signal: AbortSignal): Promise<string> {
  const loadBefore = loadNow();
  await using server = await startServer(env);
  const caller = new Caller(server.url);
  try {
    const probes = probesOf(caller);
    const perProbe = warmUp + counted;
    const people = inventPeople(probes.length * 2 * perProbe);
    const known = people.slice(0, people.length / 2);
    const unknown = people.slice(people.length / 2);
    await openAccounts(server.db, caller, known);
    const { rows } = await server.db.query<{ server_version: string }>('show server_version');
    const results: Measured[] = [];
    for (const [index, probe] of probes.entries()) {
      const own = [index * perProbe, (index + 1) * perProbe] as const;
      const sides = { known: known.slice(...own), unknown: unknown.slice(...own) };
      results.push(await measure(probe, sides, signal));
      console.error(`${index + 1} of ${probes.length} done`);
    }
    const postgres = rows[0]?.server_version ?? '';
    return describe(describeRun('enumeration', { postgres, loadBefore }), results);
  } finally {
    caller.close();
  }
}

interface Asked {
  person: Person;
  side: Side;
}

async function measure(
  { name, prepare, ask }: Probe,
  people: { known: Person[]; unknown: Person[] },
  signal: AbortSignal,
): Promise<Measured> {
  const known: Side = { ms: [], forms: new Set() };
  const unknown: Side = { ms: [], forms: new Set() };
  const select = (from: number, to: number): Asked[] =>
    shuffled([
      ...people.known.slice(from, to).map((person) => ({ person, side: known })),
      ...people.unknown.slice(from, to).map((person) => ({ person, side: unknown })),
    ]);
  const queue = [...select(0, warmUp), ...select(warmUp, warmUp + counted)];
  for (const { person } of prepare ? shuffled(queue) : []) {
    signal.throwIfAborted();
    await prepare?.(person);
  }
  for (const [index, { person, side }] of queue.entries()) {
    await wait(pauseMs, undefined, { signal });
    const answer = await ask(person);
    side.forms.add(formOf(answer));
    if (index >= 2 * warmUp) {
      side.ms.push(answer.ms);
    }
  }
  return { probe: name, known, unknown };
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: randomInt(2 ** 47) }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

const ids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const times = /\d{4}-\d{2}-\d{2}T[\d:.]+Z/g;

/** An answer to the byte: status, names and values of headers, body; ids and times by their length. */
function formOf({ status, headers, body }: Answer): string {
  const isDate = (at: number): boolean => headers[at - 1]?.toLowerCase() === 'date';
  const told = headers.map((text, at) => (at % 2 === 1 && isDate(at) ? '<date>' : text));
  const blank = (text: string): string => '#'.repeat(text.length);
  return [status, ...told, body].join('\n').replaceAll(ids, blank).replaceAll(times, blank);
}

function describe(run: string, results: readonly Measured[]): string {
  const head = [
    'Question',
    'n',
    'with account: median, p99',
    'without: median, p99',
    'difference of medians',
    'shift (99 %)',
    'U',
    'z',
    'p',
    'answers',
    'verdict',
  ];
  const rows = results.map(({ probe, known, unknown }) => {
    const { u, z, p } = mannWhitney(known.ms, unknown.ms);
    const difference = quantile(known.ms, 0.5) - quantile(unknown.ms, 0.5);
    const [low, high] = shiftInterval(known.ms, unknown.ms, level);
    return [
      probe,
      `${known.ms.length} + ${unknown.ms.length}`,
      middleAndEnd(known.ms),
      middleAndEnd(unknown.ms),
      `${micros(difference)} µs`,
      `${micros(low)} to ${micros(high)} µs`,
      String(u),
      z.toFixed(2),
      p < 0.0005 ? '< 0.001' : p.toFixed(3),
      sayAnswers(known, unknown),
      p < level ? '**separable**' : 'not separable',
    ];
  });
  const differing = results
    .filter(({ known, unknown }) => !isSame(known, unknown))
    .map(({ probe, known, unknown }) => {
      const list = (side: Side): string => [...side.forms].join('\n\n');
      return `${probe}\n\n\`\`\`\n${list(known)}\n-- without account --\n${list(unknown)}\n\`\`\``;
    });
  return [run, table(head, rows), ...differing].join('\n\n');
}

/** Whether both sides got one and the same answer, and which. */
function sayAnswers(known: Side, unknown: Side): string {
  const [form = ''] = known.forms;
  const status = form.split('\n')[0] ?? '';
  const code = /"appCode":"([A-Z_]+)"/.exec(form)?.[1] ?? '';
  return isSame(known, unknown) ? `the same: ${status} ${code}`.trim() : '**differ**';
}

function isSame(known: Side, unknown: Side): boolean {
  return new Set([...known.forms, ...unknown.forms]).size === 1;
}

function middleAndEnd(ms: readonly number[]): string {
  return `${quantile(ms, 0.5).toFixed(2)}, ${quantile(ms, 0.99).toFixed(2)} ms`;
}

function micros(ms: number): string {
  const whole = Math.round(ms * 1_000);
  return whole < 0 ? `−${-whole}` : String(whole);
}
