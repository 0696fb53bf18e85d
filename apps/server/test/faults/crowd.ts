import { createHmac, randomUUID } from 'node:crypto';
import { openDatabase } from '@chapar/api';
import { createChaparClient, memoryTokenStore } from '@chapar/client';
import { deriveSecrets } from '../../src/secrets.ts';

/** What lets a crowd come from many addresses: an address may have few sockets that wait to sign in. */
export const crowdEnv = { TRUST_PROXY: 'loopback' };
/** The full form is what the product promises; the short one is for every day. */
export const isFull = process.env['FAULTS'] === 'full';
const dayInSeconds = 86_400;

/** Somebody with an account, a live session and a token for a day. */
export interface Person {
  userId: string;
  token: string;
}

/** Signs somebody in under one of the numbers of `stormEnv`. */
export async function signInAs(url: string, phone: string) {
  const tokenStore = memoryTokenStore();
  const client = createChaparClient({ url, tokenStore });
  const { challengeId } = await client.otp.request.mutate({ phone });
  const { accessToken, user } = await client.otp.verify.mutate({ challengeId, code: '123456' });
  return { client, tokenStore, accessToken, userId: user.id };
}

/** Opens accounts with live sessions: copies of the rows of somebody who has signed up. */
export async function copyPeople(
  databaseUrl: string,
  { like, secret, count }: { like: string; secret: string; count: number },
): Promise<Person[]> {
  const people = Array.from({ length: count }, (_, index) => ({
    userId: randomUUID(),
    sessionId: randomUUID(),
    phone: `+98915${String(index).padStart(7, '0')}`,
  }));
  const copies = [
    ['users', 'id', `jsonb_build_object('id', p."userId", 'phone', p.phone)`],
    ['sessions', 'user_id', `jsonb_build_object('id', p."sessionId", 'user_id', p."userId")`],
    ['streams', 'id', `jsonb_build_object('id', p."userId", 'head_seq', 0, 'head_pos', 0)`],
    [
      'stream_members',
      'user_id',
      `jsonb_build_object('user_id', p."userId", 'stream_id', p."userId", 'after_seq', 0)`,
    ],
  ] as const;
  const database = await openDatabase({ url: databaseUrl });
  try {
    for (const [table, owner, change] of copies) {
      await database.pool.query(
        `insert into ${table}
         select r.* from (select * from ${table} where ${owner} = $1 limit 1) t
         cross join jsonb_to_recordset($2) as p ("userId" uuid, "sessionId" uuid, phone text)
         cross join lateral jsonb_populate_record(t::${table}, ${change}) r`,
        [like, JSON.stringify(people)],
      );
    }
  } finally {
    await database.close();
  }
  return people.map(({ userId, sessionId }) => ({
    userId,
    token: makeToken(secret, { sub: userId, sid: sessionId }),
  }));
}

/** Lets people read the streams of conversations, as the members of groups do. */
export async function letIn(
  databaseUrl: string,
  rooms: readonly { id: string; people: readonly Person[] }[],
): Promise<void> {
  const members = rooms.flatMap(({ id, people }) => people.map(({ userId }) => [userId, id]));
  const database = await openDatabase({ url: databaseUrl });
  try {
    await database.pool.query(
      `insert into stream_members (user_id, stream_id, after_seq)
       select unnest($1::uuid[]), unnest($2::uuid[]), 0 on conflict do nothing`,
      [members.map(([userId]) => userId), members.map(([, id]) => id)],
    );
  } finally {
    await database.close();
  }
}

/** An access token as the server makes it. */
function makeToken(secret: string, who: { sub: string; sid: string }): string {
  const iat = Math.floor(Date.now() / 1_000);
  const claims = {
    ...who,
    typ: 'access',
    iat,
    exp: iat + dayInSeconds,
    iss: 'chapar',
    aud: 'chapar',
  };
  const parts = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const mac = createHmac('sha256', deriveSecrets(secret).accessToken).update(parts.join('.'));
  return [...parts, mac.digest('base64url')].join('.');
}

/** A mutation without the client package. @throws Error when the answer is not 200 */
export async function ask(
  url: string,
  { token }: { token: string },
  procedure: string,
  input: object,
): Promise<{ id: string }> {
  const answer = await fetch(`${url}/trpc/${procedure}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ json: input }),
  });
  const text = await answer.text();
  if (!answer.ok) {
    throw new Error(`${procedure} was answered ${answer.status}: ${text}`);
  }
  return (JSON.parse(text) as { result: { data: { json: { id: string } } } }).result.data.json;
}
