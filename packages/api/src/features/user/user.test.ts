import { expect, test } from 'vitest';
import { createTestApi, expectAppError } from '../../testing/index.ts';

test('a person sees themselves, a guest nobody', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const me = await sara.api.user.me();
  expect(Object.keys(me).toSorted()).toEqual(['createdAt', 'firstName', 'id', 'lastName', 'phone']);
  expect(me.createdAt).toEqual(api.clock.now());
  await expectAppError(api.anonymous().api.user.me(), 'AUTH_REQUIRED');
});

test('changes the names that are given, clears those that are null, and tells the other devices', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const live = await (await sara.listen()).ready();
  await sara.api.user.update({ firstName: '  سارا ', lastName: 'محمدی' });
  await expect(sara.api.user.update({ lastName: null })).resolves.toMatchObject({
    firstName: 'سارا',
    lastName: null,
  });
  await expect(sara.api.user.update({})).resolves.toMatchObject({
    firstName: 'سارا',
    lastName: null,
  });
  await live.until((event) => event.type === 'user.updated' && event.body.lastName === null);
  live.stop();
});

test.for(['', '   ', 'x'.repeat(51), 'a\u0000b', 'a\u202eb', 'a\nb'])(
  'the name %j is refused',
  async (firstName) => {
    await using api = await createTestApi();
    const sara = await api.signUp();
    await expect(sara.api.user.update({ firstName })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
  },
);

test('what is typed is data, and unknown fields are refused', async () => {
  await using api = await createTestApi();
  const sara = await api.signUp();
  const firstName = "'); drop table users; --";
  await expect(sara.api.user.update({ firstName })).resolves.toMatchObject({ firstName });
  const sneaky = { firstName: 'x', role: 'admin' };
  await expect(sara.api.user.update(sneaky)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});
