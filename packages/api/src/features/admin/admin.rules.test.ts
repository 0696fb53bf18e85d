import { expect, test } from 'vitest';
import { outranks } from './admin.rules.ts';

test.for([
  { actor: 'user', other: 'user', may: false },
  { actor: 'user', other: 'staff', may: false },
  { actor: 'user', other: 'admin', may: false },
  { actor: 'staff', other: 'user', may: true },
  { actor: 'staff', other: 'staff', may: false },
  { actor: 'staff', other: 'admin', may: false },
  { actor: 'admin', other: 'user', may: true },
  { actor: 'admin', other: 'staff', may: true },
  { actor: 'admin', other: 'admin', may: false },
] as const)('A51: may $actor act on $other: $may', ({ actor, other, may }) => {
  expect(outranks(actor, other)).toBe(may);
});
