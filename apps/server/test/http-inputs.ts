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
    'chat.start': { userId: nowhere },
    'chat.list': { limit: 2 },
    'chat.get': { conversationId },
    'chat.send': { conversationId: nowhere, id: nowhere, text: 'سلام' },
    'chat.listMessages': { conversationId, limit: 2 },
    'chat.markRead': { conversationId, seq: 1 },
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
