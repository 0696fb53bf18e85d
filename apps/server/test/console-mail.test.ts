import { expect, test } from 'vitest';
import { ConsoleMailGateway } from '../src/gateways/console-mail.ts';

const mail = { subject: 'Your code', text: 'Hello,\n\n123456\n', html: '<p>123456</p>', ref: 'r' };

test('each mail is one line in the terminal', async () => {
  const lines: string[] = [];
  const gateway = new ConsoleMailGateway((line) => lines.push(line));
  const outcome = await gateway.send({ ...mail, to: 'sara@home.example' });
  expect(outcome).toEqual({ outcome: 'accepted', providerId: 'r' });
  expect(lines).toEqual(['Mail to sara@home.example: Your code / Hello, / 123456']);
});

test('the last 500 are kept, newest first, by address in whatever case', async () => {
  const gateway = new ConsoleMailGateway(() => undefined);
  for (let index = 0; index <= 500; index += 1) {
    await gateway.send({ ...mail, subject: `${index}`, to: `a${index % 2}@home.example` });
  }
  expect(gateway.last(null)).toHaveLength(500);
  expect(gateway.last(null)[0]).toMatchObject({ subject: '500', html: mail.html });
  expect(gateway.last('A1@HOME.example').map(({ subject }) => subject)).toEqual(
    Array.from({ length: 250 }, (_, index) => `${499 - 2 * index}`),
  );
});
