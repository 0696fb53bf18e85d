import { expect, test } from 'vitest';
import { atOnce, createTestApi, expectAppError, tally } from '../../testing/index.ts';

test('a conversation that is there is made and started again by who can be in no more of them', async () => {
  await using api = await createTestApi({ chat: { conversationsPerPerson: 2 } });
  const [sara, reza] = await api.signUpFriends();
  const group = { id: api.app.deps.newId(), kind: 'group', title: 'خانه' } as const;
  const both = { ...group, userIds: [reza.id] };
  expect(tally(await atOnce(6, () => sara.api.chat.create(both)))).toEqual({ ok: 6 });
  const starts = await atOnce(10, (n) =>
    n % 2 === 0
      ? sara.api.chat.start({ userId: reza.id })
      : reza.api.chat.start({ userId: sara.id }),
  );
  expect(tally(starts)).toEqual({ ok: 10 });
  await expect(sara.api.chat.create(both)).resolves.toMatchObject({ id: group.id, headSeq: 2 });
  const third = sara.api.chat.create({ ...group, id: api.app.deps.newId() });
  await expectAppError(third, 'CHAT_TOO_MANY');
  expect((await sara.api.chat.list({})).items).toHaveLength(2);
});
