import { expect, test } from 'vitest';
import { createConsole } from '../src/providers/console.ts';

function printing() {
  const lines: string[] = [];
  return { lines, provider: createConsole({ print: (line) => lines.push(line) }) };
}

const to = '+989121110001';

test('takes a text and prints it on one line', async () => {
  const { lines, provider } = printing();
  const outcome = await provider.send({
    kind: 'text',
    to,
    ref: '70000001',
    text: 'سلام\r\nدنیا\n\n!',
  });
  expect(outcome).toEqual({ outcome: 'accepted', providerMessageId: 'console-70000001' });
  expect(lines).toEqual(['SMS to +989121110001: سلام / دنیا / !']);
});

test('takes a template and prints its values', async () => {
  const { lines, provider } = printing();
  const values = [
    { name: 'name', value: 'سارا' },
    { name: 'code', value: '48213' },
  ];
  await provider.send({ kind: 'template', to, ref: '70000002', template: 'login', values });
  await provider.send({ kind: 'template', to, ref: '70000003', template: 'hello', values: [] });
  expect(lines).toEqual([
    'SMS to +989121110001: login (name=سارا, code=48213)',
    'SMS to +989121110001: hello ()',
  ]);
});

test('answers no question', async () => {
  const { provider } = printing();
  const message = { kind: 'text', to, ref: '70000004', text: 'سلام' } as const;
  expect(await provider.find({ message, triedAt: new Date() })).toEqual({ found: 'unknown' });
  expect(await provider.status(['console-70000004'])).toBeNull();
  expect(await provider.credit()).toBeNull();
  expect(await provider.receive('10008000')).toBeNull();
});
