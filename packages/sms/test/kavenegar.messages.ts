import { createKavenegarClient } from '../src/providers/kavenegar.client.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { FakeKavenegar, type FakeKavenegarOptions } from '../src/testing/fake-kavenegar.ts';
import type { SmsProvider, TemplateMessage, TextMessage } from '../src/provider.ts';
import { createKavenegar } from '../src/providers/kavenegar.ts';

export const apiKey = 'KVTESTKEY0001';
export const to = '+989121110001';
export const triedAt = new Date(1_767_225_600_000);
export const timeouts = { connectMs: 2_000, totalMs: 2_000 };
export const text: TextMessage = { kind: 'text', to, ref: '70000001', text: 'سلام دنیا' };

const oneToken = { token: '48213' };

/** @param values by their slots */
export function code(values: Record<string, string> = oneToken): TemplateMessage {
  const list = Object.entries(values).map(([name, value]) => ({ name, value }));
  return { kind: 'template', to, ref: '70000002', template: 'login-otp', values: list };
}

export function kavenegarAt({ url }: { url: string }, now = triedAt): SmsProvider {
  return createKavenegar({ apiKey, sender: '10008000', url, timeouts, now: () => now });
}

/** What is asked and answered well begins with it. */
export const approved = { status: 200, message: 'تایید شد' };

export const other = '+989351110002';
export const recipients = [
  { to, ref: '70000001' },
  { to: other, ref: '70000002' },
];
const templates = [{ name: 'login-otp', variables: ['token'] }];

/** A client before a fake, until the end of a test. */
export async function open(options: FakeKavenegarOptions = {}) {
  const clock = new FakeClock();
  const fake = await new FakeKavenegar({ clock, templates, ...options }).start();
  const client = createKavenegarClient({ apiKey, url: fake.url, timeouts });
  return { fake, client, clock, [Symbol.asyncDispose]: () => fake.stop() };
}

/** @returns so much later by a clock */
export function hours(clock: FakeClock, count: number): Date {
  return new Date(clock.now().getTime() + count * 3_600_000);
}
