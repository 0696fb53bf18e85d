const nowhere = '01a1febc-067e-7000-9133-6325c3744421';

/** Stands for a number that is nobody's. */
export const somePhone = '09123456789';

/** Inputs that every procedure may get from somebody who means no good, as text. */
export const hostileTexts: readonly (string | null)[] = [
  null,
  '{}',
  'null',
  '[]',
  '7',
  '"x"',
  '{bad',
  '{"json":null}',
  '{"json":{}}',
  '{"json":[]}',
  '{"json":{"id":7,"limit":-1,"cursor":"x"}}',
  '{"json":{"unknown":1}}',
  '{"json":{"__proto__":{"limit":1}}}',
  '{"__proto__":{"json":{}}}',
  '{"json":{"constructor":{"prototype":{"limit":1}}}}',
  '{"json":{},"meta":{"values":{"__proto__.limit":["Date"]}}}',
  '{"json":{"limit":"1"},"meta":{"values":{"limit":["bigint"]}}}',
  '{"json":{"limit":null},"meta":{"values":{"limit":["undefined"]}}}',
  '{"json":{},"meta":7}',
];

/** Input that a procedure takes; undefined where it takes none. */
export function good(path: string, conversationId: string): object | undefined {
  const inputs: Record<string, object> = {
    'otp.request': { phone: somePhone },
    'otp.verify': { challengeId: nowhere, code: '123456' },
    'password.login': { phone: somePhone, password: 'correct horse battery' },
    'session.refresh': { refreshToken: 'x' },
    'session.remove': { sessionId: nowhere },
    'session.listEvents': { limit: 5 },
    'user.update': { firstName: 'Sara', lastName: null },
    'friend.request': { userId: nowhere },
    'friend.accept': { requestId: nowhere },
    'friend.list': {},
    'friend.listRequests': { direction: 'incoming' },
    'friend.block': { userId: nowhere },
    'friend.unblock': { userId: nowhere },
    'friend.listBlocked': { limit: 2 },
    'chat.start': { userId: nowhere },
    'chat.create': { id: 'no id', kind: 'group', title: 'Chapar' },
    'chat.list': { limit: 2 },
    'chat.get': { conversationId },
    'chat.send': { conversationId: nowhere, id: nowhere, text: 'سلام' },
    'chat.listMessages': { conversationId, limit: 2 },
    'chat.forward': {
      conversationId: nowhere,
      id: nowhere,
      from: { conversationId: nowhere, seq: 1 },
    },
    'chat.getMessages': { conversationId, seqs: [1, 2] },
    'chat.search': { query: 'hello', conversationId },
    'chat.markRead': { conversationId, seq: 1 },
    'chat.markDelivered': { marks: [{ conversationId: nowhere, seq: 1 }] },
    'chat.getReceipts': { conversationId, seq: 1 },
    'chat.edit': { conversationId: nowhere, seq: 1, text: 'سلام' },
    'chat.delete': { conversationId: nowhere, seqs: [1], for: 'all' },
    'chat.listEdits': { conversationId, seq: 1 },
    'chat.react': { conversationId: nowhere, seq: 1, emoji: '👍', isSet: true },
    'chat.listReactions': { conversationId, seq: 1, limit: 2 },
    'chat.pinMessage': { conversationId: nowhere, seq: 1, for: 'me' },
    'chat.unpinMessage': { conversationId: nowhere, seq: 1, for: 'me' },
    'chat.listPins': { conversationId, limit: 2 },
    'chat.update': { conversationId: nowhere, title: 'Chapar' },
    'chat.setStatus': { conversationId: nowhere, status: 'hold' },
    'chat.remove': { conversationId: nowhere },
    'chat.changeSettings': { conversationId: nowhere, isPinned: true },
    'chat.listMembers': { conversationId, limit: 2 },
    'chat.addMembers': { conversationId: nowhere, userIds: [nowhere] },
    'chat.kick': { conversationId: nowhere, userId: nowhere },
    'chat.ban': { conversationId: nowhere, userId: nowhere },
    'chat.unban': { conversationId: nowhere, userId: nowhere },
    'chat.listBans': { conversationId: nowhere, limit: 2 },
    'chat.mute': { conversationId: nowhere, userId: nowhere, until: null },
    'chat.setRights': { conversationId: nowhere, userId: nowhere, role: 'reader' },
    'chat.passOwnership': { conversationId: nowhere, userId: nowhere },
    'chat.leave': { conversationId: nowhere },
    'chat.createInvite': { conversationId: nowhere, id: nowhere },
    'chat.listInvites': { conversationId: nowhere, limit: 2 },
    'chat.revokeInvite': { conversationId: nowhere, inviteId: nowhere },
    'chat.previewInvite': { token: 'x'.repeat(43) },
    'chat.joinByInvite': { token: 'x'.repeat(43) },
    'chat.findPublic': { query: 'سلام', limit: 2 },
    'chat.join': { conversationId: nowhere },
    'chat.report': { id: nowhere, conversationId: nowhere, seq: 1, reason: 'spam' },
    'chat.listReports': { status: 'open', limit: 2 },
    'chat.getReport': { reportId: nowhere },
    'chat.handleReport': { reportId: nowhere, status: 'acted' },
    'chat.inspect': { conversationId: nowhere, reason: 'a report', limit: 2 },
    'organization.create': { id: nowhere, name: 'Chapar', handle: '1chapar' },
    'organization.get': { organizationId: nowhere },
    'organization.list': { limit: 2 },
    'organization.update': { organizationId: nowhere, name: 'Chapar' },
    'organization.remove': { organizationId: nowhere },
    'organization.addMember': { organizationId: nowhere, userId: nowhere },
    'organization.removeMember': { organizationId: nowhere, userId: nowhere },
    'organization.setRole': { organizationId: nowhere, userId: nowhere, role: 'admin' },
    'organization.transfer': { organizationId: nowhere, userId: nowhere },
    'organization.leave': { organizationId: nowhere },
    'organization.listMembers': { organizationId: nowhere, limit: 2 },
    'sms.list': {},
    'admin.setRole': { userId: nowhere, role: 'staff' },
  };
  return inputs[path];
}

const secret = /^(accessToken|refreshToken)$/;
const kinds: readonly [RegExp, string][] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>'],
  [/\+98\d{10}/g, '<phone>'],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>'],
];

/** A body with everything alike that two people may see differently. */
export function masked(body: string): unknown {
  const text = kinds.reduce((before, [kind, name]) => before.replaceAll(kind, name), body);
  try {
    return JSON.parse(text, (key, value: unknown) => {
      if (key === 'retryAfterSeconds') {
        return '<seconds>';
      }
      return secret.test(key) ? '<secret>' : value;
    });
  } catch {
    return text;
  }
}
