import type { SendOutcome } from '../src/outcome.ts';
import type { Capabilities, ProviderMessage, SmsProvider } from '../src/provider.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import type { FakeProvider } from '../src/testing/fake-provider.ts';
import type { ProviderCase } from './case.ts';
import { cases } from './cases.ts';

export type Kind = ProviderMessage['kind'];

/** An adapter and its fake, until the end of a test. */
export interface Pair extends AsyncDisposable {
  fake: FakeProvider;
  provider: SmsProvider;
  clock: FakeClock;
}

/** Long enough for a busy machine, short enough for the tests that wait for it. */
const totalMs = 500;
const patientMs = 10_000;

export interface PairOptions {
  key?: string;
  /** Waits no longer than half a second for an answer. */
  isHasty?: boolean;
}

export async function open(it: ProviderCase, options: PairOptions = {}): Promise<Pair> {
  const { key, isHasty = false } = options;
  const clock = new FakeClock();
  const fake = await it.start({ clock, lateMs: 30_000 });
  const timeouts = { totalMs: isHasty ? totalMs : patientMs };
  const provider = it.create(fake, { timeouts, ...(key === undefined ? {} : { key }) });
  return { fake, provider, clock, [Symbol.asyncDispose]: () => fake.stop() };
}

/** A provider with what it can do, as a row of the tests. */
export interface Row {
  it: ProviderCase;
  name: string;
  capabilities: Capabilities;
}

async function rowOf(it: ProviderCase): Promise<Row> {
  await using pair = await open(it);
  return { it, name: it.name, capabilities: pair.provider.capabilities };
}

export const words = 'سلام دنیا؛ این یک آزمون است';

/** A number that ends in the digits of a fault; delivered when there are none. */
export function numberOf(fault = '0001', middle = '111'): string {
  return `+98912${middle}${fault}`;
}

let lastRef = 70_000_000;

/** @returns a message of a kind with a number of its own */
export function messageOf(it: ProviderCase, kind: Kind, to = numberOf()): ProviderMessage {
  lastRef += 1;
  const ref = String(lastRef);
  return kind === 'text' ? { kind, to, ref, text: words } : it.template(to, ref);
}

/** What a careful caller does about a message: tries again only where nothing can come twice. */
export async function deliver(
  { provider, clock }: Pair,
  message: ProviderMessage,
): Promise<SendOutcome> {
  const { idempotent } = provider.capabilities;
  const triedAt = clock.now();
  let outcome = await provider.send(message);
  for (let retry = 0; retry < 2; retry += 1) {
    const isSafe =
      outcome.outcome === 'rejected'
        ? outcome.scope === 'provider'
        : outcome.outcome === 'unknown' &&
          (idempotent.includes(message.kind) ||
            (await provider.find({ message, triedAt })).found === 'absent');
    if (!isSafe) {
      break;
    }
    outcome = await provider.send(message);
  }
  return outcome;
}

/** Every provider. */
export const rows = await Promise.all(cases.map(rowOf));
const everyKind = rows.flatMap((row) =>
  (['text', 'template'] as const).map((kind) => ({ ...row, kind })),
);
/** A row for each kind of message that each provider sends. */
export const kinds = everyKind.filter(({ capabilities, kind }) => capabilities[kind]);
/** And for each that it does not send. */
export const otherKinds = everyKind.filter(({ capabilities, kind }) => !capabilities[kind]);
/** A row for each provider, with a kind that it sends. */
export const usual = rows.map((row) => ({
  ...row,
  kind: row.capabilities.text ? ('text' as const) : ('template' as const),
}));
