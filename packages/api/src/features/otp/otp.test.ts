import { createTestApi } from '../../testing/index.ts';
import { expect, test } from 'vitest';

test('signs in by a code', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const me = await sara.api.user.me();
  expect(me.phone).toBe(sara.phone);
});
