import { expect, test } from 'vitest';
import { ConsoleSmsProvider } from '../src/gateways/sms/console.ts';

const sms = { kind: 'text' as const, to: '+989121110001', text: 'Chapar\nYour code: 123456' };

test('each text is one line in the terminal', async () => {
  const lines: string[] = [];
  const provider = new ConsoleSmsProvider((line) => lines.push(line));
  const outcome = await provider.send({ ...sms, ref: '7' });
  expect(outcome).toEqual({ outcome: 'accepted', providerMessageId: '7' });
  expect(lines).toEqual(['SMS to +989121110001: Chapar / Your code: 123456']);
});

test('the last 500 are kept, newest first, by number', async () => {
  const provider = new ConsoleSmsProvider(() => undefined);
  for (let index = 0; index <= 500; index += 1) {
    await provider.send({ ...sms, to: `+98912111000${index % 2}`, ref: String(index) });
  }
  expect(provider.last(null)).toHaveLength(500);
  const { text } = sms;
  expect(provider.last(null)[0]).toMatchObject({ phone: '+989121110000', text, ref: '500' });
  expect(provider.last('+989121110001').map(({ ref }) => ref)).toEqual(
    Array.from({ length: 250 }, (_, index) => String(499 - 2 * index)),
  );
});
