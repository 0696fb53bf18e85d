import { setTimeout as wait } from 'node:timers/promises';
import { Caller } from '../caller.ts';

/** Rows that were made as everybody makes them; all others are their copies. */
export interface Prototypes {
  /** Of two friends. */
  userIds: readonly [string, string];
  conversationId: string;
}

export interface Account {
  id: string;
  token: string;
}

/** Makes two accounts, befriends them, and lets them write: over HTTP, on a server of development. */
export async function makePrototypes(url: string): Promise<Prototypes> {
  const caller = new Caller(url);
  try {
    const first = await signUp(caller, '+989350000001');
    const second = await signUp(caller, '+989350000002');
    const asked = await ask(url, first, 'friend.request', { userId: second.id });
    await ask(url, second, 'friend.accept', { requestId: asked['id'] });
    const room = await ask(url, first, 'chat.start', { userId: second.id });
    const conversationId = String(room['id']);
    const id = '01976d6c-5f4a-7000-8000-000000000001';
    await ask(url, first, 'chat.send', { conversationId, id, text: 'first' });
    return { userIds: [first.id, second.id], conversationId };
  } finally {
    caller.close();
  }
}

const tries = 200;
const lookAgainMs = 20;

/** Signs in by a code from the inbox of development. */
export async function signUp(caller: Caller, phone: string): Promise<Account> {
  const asked = await caller.call('otp.request', { phone });
  const challengeId = find(asked.body, /"challengeId":"([^"]+)"/);
  for (let i = 0; i < tries; i += 1) {
    const { body } = await caller.get(`/dev/sms?phone=${encodeURIComponent(phone)}`);
    const code = /\b\d{6}\b/.exec(body)?.[0];
    if (code !== undefined) {
      const login = await caller.call('otp.verify', { challengeId, code });
      const id = find(login.body, /"user":\{"id":"([^"]+)"/);
      return { id, token: find(login.body, /"accessToken":"([^"]+)"/) };
    }
    await wait(lookAgainMs);
  }
  throw new Error('no code came');
}

function find(text: string, pattern: RegExp): string {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) {
    throw new Error(`the server answered: ${text}`);
  }
  return found;
}

/** Calls a procedure that changes something. */
async function ask(
  url: string,
  { token }: Account,
  procedure: string,
  input: object,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/trpc/${procedure}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ json: input }),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${procedure} was answered ${response.status}: ${text}`);
  }
  const answer = JSON.parse(text) as { result: { data: { json: Record<string, unknown> } } };
  return answer.result.data.json;
}
