import { uuidV7 } from '../wire/ours.ts';
import { page, reading, writing, type PlanCall } from './call.ts';
import type { Places } from './places.ts';

/** What is done less often: messages are changed, pinned and copied, and rooms are found and opened to others. */
export function changeCalls({ channel, group, groupSeq, direct }: Places): PlanCall[] {
  // The session has sent these two before.
  const [own, other] = [groupSeq + 1, groupSeq + 2];
  const inGroup = { conversationId: group };
  const message = { ...inGroup, seq: own };
  const inviteId = uuidV7();
  let token: unknown;
  return [
    writing('chat.edit', 'chat.edit', () => ({ ...message, text: 'It says something else now.' })),
    reading('chat.listEdits', 'chat.listEdits', message),
    reading('chat.listReactions', 'chat.listReactions', { ...message, limit: page }),
    writing('chat.forward', 'chat.forward', () => ({
      conversationId: direct,
      id: uuidV7(),
      from: message,
    })),
    ...(['all', 'me'] as const).map((reach) =>
      writing(`chat.pinMessage, for ${reach}`, 'chat.pinMessage', () => ({
        ...message,
        for: reach,
      })),
    ),
    reading('chat.listPins', 'chat.listPins', { ...inGroup, limit: page }),
    writing('chat.unpinMessage', 'chat.unpinMessage', () => message),
    writing('chat.delete, for me', 'chat.delete', () => ({ ...inGroup, seqs: [other], for: 'me' })),
    writing('chat.delete, for all', 'chat.delete', () => ({
      ...inGroup,
      seqs: [own],
      for: 'all',
    })),
    reading('chat.findPublic', 'chat.findPublic', { limit: page }),
    reading('chat.findPublic, by words', 'chat.findPublic', { query: 'آموزش', limit: page }),
    writing(
      'chat.createInvite',
      'chat.createInvite',
      () => ({ conversationId: channel, id: inviteId }),
      {
        take(answer) {
          ({ token } = answer as { token: unknown });
        },
      },
    ),
    reading('chat.listInvites', 'chat.listInvites', { conversationId: channel, limit: page }),
    writing('chat.previewInvite', 'chat.previewInvite', () => ({ token })),
    writing('chat.joinByInvite, of a member', 'chat.joinByInvite', () => ({ token })),
    writing('chat.revokeInvite', 'chat.revokeInvite', () => ({
      conversationId: channel,
      inviteId,
    })),
  ];
}
