import { expect, test } from 'vitest';
import { createTestApi, expectAppError, type Actor } from '../../testing/index.ts';

type ListInput = Parameters<Actor['api']['chat']['listMessages']>[0];

/** The seqs of each page, one after another, until there are no more. */
async function pagesOf(who: Actor, input: ListInput): Promise<number[][]> {
  const pages: number[][] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof who.api.chat.listMessages>> =
      await who.api.chat.listMessages({ ...input, cursor });
    pages.push(page.items.map(({ seq }) => seq));
    cursor = page.nextCursor;
    expect(pages.length).toBeLessThan(20);
  } while (cursor !== null);
  return pages;
}

test('pages go back from the newest, on from a place, and back from around a message', async () => {
  await using api = await createTestApi();
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  for (let i = 1; i <= 12; i += 1) {
    await sara.say(conversationId, `${i}`);
  }
  await reza.api.chat.delete({ conversationId, seqs: [3, 8], for: 'me' });
  const pages = (input: object) => pagesOf(reza, { conversationId, limit: 4, ...input });
  await expect(pages({})).resolves.toEqual([
    [12, 11, 10, 9],
    [7, 6, 5, 4],
    [2, 1],
  ]);
  await expect(pages({ afterSeq: 5 })).resolves.toEqual([
    [6, 7, 9, 10],
    [11, 12],
  ]);
  await expect(pages({ afterSeq: 12 })).resolves.toEqual([[]]);
  await expect(pages({ aroundSeq: 7 })).resolves.toEqual([
    [9, 7, 6, 5],
    [4, 2, 1],
  ]);
  await expect(pages({ aroundSeq: 12 })).resolves.toEqual([
    [12, 11, 10, 9],
    [7, 6, 5, 4],
    [2, 1],
  ]);
  await expect(pages({ aroundSeq: 1 })).resolves.toEqual([[2, 1]]);
  await expect(pages({ aroundSeq: 2_147_483_647 })).resolves.toEqual([
    [12, 11, 10, 9],
    [7, 6, 5, 4],
    [2, 1],
  ]);
  await expect(pages({ aroundSeq: 3, limit: 1 })).resolves.toEqual([[2], [1]]);
  const stranger = await api.signUp();
  for (const place of [{}, { afterSeq: 0 }, { aroundSeq: 1 }]) {
    await expectAppError(pagesOf(stranger, { conversationId, ...place }), 'CHAT_NOT_FOUND');
  }
});
