import type { Actor } from '@chapar/api/testing';
import type { ConversationView } from '../src/types.ts';

/** Of a page. */
export const limit = 100;

/** All pages of a list. */
export async function allOf<Item>(
  read: (cursor: string | null) => Promise<{ items: Item[]; nextCursor: string | null }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: Item[]; nextCursor: string | null } = await read(cursor);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}

/** What is in a conversation, as the server answers it. */
export async function readInside(
  { api }: Actor,
  conversationId: string,
  kind: ConversationView['kind'],
) {
  const page = { conversationId, limit };
  const [messages, members, pins] = await Promise.all([
    allOf((cursor) => api.chat.listMessages({ ...page, cursor })),
    kind === 'channel' ? [] : allOf((cursor) => api.chat.listMembers({ ...page, cursor })),
    allOf((cursor) => api.chat.listPins({ ...page, cursor })),
  ]);
  return { messages, members, pins };
}

/** What the server answers about everything that a person is in. */
export async function readAll(actor: Actor, isFull: boolean) {
  const listed = await allOf((cursor) => actor.api.chat.list({ cursor, limit }));
  return Promise.all(
    listed.map(async (conversation) => {
      const { id, kind } = conversation;
      return { conversation, inside: isFull ? await readInside(actor, id, kind) : null };
    }),
  );
}

export type Fresh = Awaited<ReturnType<typeof readAll>>;
