import type { StreamSignal } from '@chapar/contract';
import type { SignedInCall } from '../../call.ts';
import { second } from '../../kernel/duration.ts';
import { Pace } from '../../limits/pace.ts';
import { refusalOf } from './chat.refusal.ts';
import { decideTyping, mostMembersTyping, type SendState } from './chat.rules.ts';
import { findTyping, type TypingRow } from './chat.typing.repository.ts';

/** How long others show it, unless it is told again. */
const shownSeconds = 6;
/** Once in so long for each person and conversation. */
const everyMs = 3 * second;
const mostTyping = 50_000;

/** What a process remembers of who has just typed where. */
export function createTypingPace(): Pace {
  return new Pace({ everyMs, most: mostTyping });
}

/**
 * Tells the others of a conversation that somebody types, unless they were told a moment ago. A hint
 * for the moment: it is not stored and may be lost. In a conversation of more than 100 it is not told.
 *
 * @throws AppError `CHAT_NOT_FOUND`, `CHAT_NOT_FRIENDS`, `CHAT_NOT_OPEN`, `CHAT_READ_ONLY`, `CHAT_MUTED`
 */
export async function tellTyping(
  { app, actor: { userId }, now }: SignedInCall,
  conversationId: string,
): Promise<void> {
  const key = `${conversationId}/${userId}`;
  if (!app.typing.take(key, now)) {
    return;
  }
  try {
    const [row] = await findTyping(app.hot, userId, conversationId, mostMembersTyping + 1);
    const decision = row
      ? decideTyping({ ...toState(row), members: row.members }, now)
      : decideTyping({ isMember: false, members: 0 }, now);
    if (decision.do === 'refuse') {
      throw refusalOf(decision, row?.peer_id ?? null);
    }
    if (decision.do === 'tell') {
      const json = { type: 'chat.typing', conversationId, userId, seconds: shownSeconds } as const;
      app.deps.hub.signal({
        topic: `stream/${key}/typing`,
        json: JSON.stringify(json satisfies StreamSignal),
      });
    }
  } catch (error) {
    app.typing.giveBack(key);
    throw error;
  }
}

function toState(row: TypingRow): SendState {
  return {
    isMember: true,
    kind: row.kind,
    status: row.status,
    areFriends: row.are_friends,
    role: row.role,
    mutedUntil: row.muted_until,
    sentAt: null,
    slowSeconds: 0,
  };
}
