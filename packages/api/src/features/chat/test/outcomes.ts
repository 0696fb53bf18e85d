import { readFileSync } from 'node:fs';
import { isAppError } from '../../../errors.ts';
import type { Actor, TestApi } from '../../../testing/index.ts';
import { befriend } from './rooms.ts';

/** Who somebody is to a conversation. */
export type Kind = string;

/** A conversation with something in it, and people who are something to it. */
export interface Scene {
  api: TestApi;
  conversationId: string;
  /** A message of its owner, or of the friend, which is old enough to be changed by nobody else. */
  seq: number;
  /** The message that the one who calls has written. Null for who cannot. */
  own: number | null;
  caller: Actor;
  /** A member of the lowest rank to whom something is done. */
  target: Actor;
  /** Somebody whom the caller may add. */
  addable: Actor;
  inviteId: string;
  inviteToken: string;
  reportId: string;
}

type Inputs = Record<string, (scene: Scene) => object>;

const later = '2090-01-01T00:00:00.000Z';

/** An input of each procedure with which nothing stands in the way but who calls. */
export const inputs: Inputs = {
  'chat.start': ({ target }) => ({ userId: target.id }),
  'chat.create': ({ api }) => ({ id: api.app.deps.newId(), kind: 'group', title: 'new' }),
  'chat.list': () => ({}),
  'chat.get': ({ conversationId }) => ({ conversationId }),
  'chat.update': ({ conversationId }) => ({ conversationId, title: 'name' }),
  'chat.setStatus': ({ conversationId }) => ({ conversationId, status: 'hold' }),
  'chat.remove': ({ conversationId }) => ({ conversationId }),
  'chat.changeSettings': ({ conversationId }) => ({ conversationId, isPinned: true }),
  'chat.typing': ({ conversationId }) => ({ conversationId }),
  'chat.listMembers': ({ conversationId }) => ({ conversationId }),
  'chat.addMembers': ({ conversationId, addable }) => ({ conversationId, userIds: [addable.id] }),
  'chat.kick': ({ conversationId, target }) => ({ conversationId, userId: target.id }),
  'chat.ban': ({ conversationId, target }) => ({ conversationId, userId: target.id }),
  'chat.unban': ({ conversationId, target }) => ({ conversationId, userId: target.id }),
  'chat.listBans': ({ conversationId }) => ({ conversationId }),
  'chat.mute': ({ conversationId, target }) => {
    return { conversationId, userId: target.id, until: later };
  },
  'chat.setRights': ({ conversationId, target }) => {
    return { conversationId, userId: target.id, role: 'member' };
  },
  'chat.passOwnership': ({ conversationId, target }) => ({ conversationId, userId: target.id }),
  'chat.leave': ({ conversationId, target }) => ({ conversationId, successorId: target.id }),
  'chat.send': ({ api, conversationId }) => {
    return { conversationId, id: api.app.deps.newId(), text: 'hello' };
  },
  'chat.forward': ({ api, conversationId, seq }) => {
    return { conversationId, id: api.app.deps.newId(), from: { conversationId, seq } };
  },
  'chat.listMessages': ({ conversationId }) => ({ conversationId }),
  'chat.getMessages': ({ conversationId, seq }) => ({ conversationId, seqs: [seq] }),
  'chat.search': ({ conversationId }) => ({ conversationId, query: 'word' }),
  'chat.markRead': ({ conversationId, seq }) => ({ conversationId, seq }),
  'chat.markDelivered': ({ conversationId, seq }) => ({ marks: [{ conversationId, seq }] }),
  'chat.getReceipts': ({ conversationId, seq }) => ({ conversationId, seq }),
  'chat.edit': ({ conversationId, seq, own }) => {
    return { conversationId, seq: own ?? seq, text: 'edited' };
  },
  'chat.listEdits': ({ conversationId, seq }) => ({ conversationId, seq }),
  'chat.delete': ({ conversationId, seq }) => ({ conversationId, seqs: [seq], for: 'all' }),
  'chat.react': ({ conversationId, seq }) => {
    return { conversationId, seq, emoji: '👍', isSet: true };
  },
  'chat.listReactions': ({ conversationId, seq }) => ({ conversationId, seq }),
  'chat.pinMessage': ({ conversationId, seq }) => ({ conversationId, seq, for: 'all' }),
  'chat.unpinMessage': ({ conversationId, seq }) => ({ conversationId, seq, for: 'all' }),
  'chat.listPins': ({ conversationId }) => ({ conversationId }),
  'chat.createInvite': ({ api, conversationId }) => {
    return { conversationId, id: api.app.deps.newId() };
  },
  'chat.listInvites': ({ conversationId }) => ({ conversationId }),
  'chat.revokeInvite': ({ conversationId, inviteId }) => ({ conversationId, inviteId }),
  'chat.previewInvite': ({ inviteToken }) => ({ token: inviteToken }),
  'chat.joinByInvite': ({ inviteToken }) => ({ token: inviteToken }),
  'chat.findPublic': () => ({ query: 'word' }),
  'chat.join': ({ conversationId }) => ({ conversationId }),
  'chat.report': ({ api, conversationId, seq }) => {
    return { id: api.app.deps.newId(), conversationId, seq, reason: 'spam' };
  },
  'chat.listReports': () => ({}),
  'chat.getReport': ({ reportId }) => ({ reportId }),
  'chat.handleReport': ({ reportId }) => ({ reportId, status: 'dismissed' }),
  'chat.inspect': ({ conversationId }) => ({ conversationId, reason: 'a complaint' }),
};

/** What somebody is answered: `ok`, or the name of the error with all that is told beside it. */
export interface Answer {
  outcome: string;
  told: unknown;
}

/** Calls a procedure by its path. */
export async function answerOf(caller: Actor, path: string, input: object): Promise<Answer> {
  const [feature = '', name = ''] = path.split('.');
  const procedures = caller.api as unknown as Record<
    string,
    Record<string, (input: object) => Promise<unknown>>
  >;
  try {
    await procedures[feature]?.[name]?.(input);
    return { outcome: 'ok', told: null };
  } catch (error) {
    if (isAppError(error)) {
      return { outcome: error.appCode, told: [error.message, error.data] };
    }
    throw error;
  }
}

/** A table of docs/chat-outcomes.md: by procedure what happens to each kind of caller. */
export function readOutcomes(heading: string): { kinds: Kind[]; rows: Map<string, string[]> } {
  const url = new URL('../../../../../../docs/chat-outcomes.md', import.meta.url);
  const page = readFileSync(url, 'utf8');
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
  const [head = [], , ...rows] = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
  return {
    kinds: head.slice(1),
    rows: new Map(rows.map(([path = '', ...cells]) => [path, cells])),
  };
}

/** Somebody new who is a friend of some people. */
export async function friendOf(api: TestApi, people: readonly Actor[]): Promise<Actor> {
  const actor = await api.signUp();
  for (const person of people) {
    await befriend(actor, person);
  }
  return actor;
}
