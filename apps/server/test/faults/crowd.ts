import { createHmac, randomUUID } from 'node:crypto';
import { openDatabase } from '@chapar/api';
import { createChaparClient, memoryTokenStore } from '@chapar/client';
import { WebSocket } from 'ws';
import { deriveSecrets } from '../../src/secrets.ts';

/** What lets a crowd come from many addresses: an address may have few sockets that wait to sign in. */
export const crowdEnv = { TRUST_PROXY: 'loopback' };
/** The full form is what the product promises; the short one is for every day. */
export const isFull = process.env['FAULTS'] === 'full';
const perAddress = 8;
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

/** As much of a message of the live stream as a follower looks at. */
interface Heard {
  result?: {
    id?: string;
    data?: {
      json?: { data?: { type: string; streamId: string; seq: number; body: { id: string } } };
    };
  };
}

let followers = 0;

/**
 * One device that follows the live stream, at little cost: what it has and where it stands outlives
 * its sockets, and repeats are dropped as the client package drops them.
 */
export class Follower {
  /** Ids of the messages that have come, in their order. */
  readonly messages: string[] = [];
  /** With what its sockets were closed, those that it left itself included. */
  readonly closes: number[] = [];
  /** How many sockets it was let in with. */
  opened = 0;
  /** How often it was asked for a sign of life. */
  pings = 0;
  readonly #token: string;
  readonly #newest = new Map<string, number>();
  readonly #address: string;
  #cursor: string | undefined;
  #socket: WebSocket | null = null;
  #heard = (): void => undefined;

  constructor({ token }: { token: string }) {
    this.#token = token;
    const network = Math.floor(followers / perAddress);
    this.#address = `10.${(network >> 8) & 255}.${network & 255}.1`;
    followers += 1;
  }

  /** Whether it has a socket that is open. */
  get isHere(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Opens a socket and resumes. @returns once it is live; rejects when it was not let in */
  async come(url: string): Promise<void> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc?connectionParams=1`, {
      headers: { 'x-forwarded-for': this.#address },
      perMessageDeflate: false,
    });
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', (code) => {
        this.closes.push(code);
        reject(new Error(`closed with ${code}`));
      });
      socket.on('open', () => {
        this.opened += 1;
        const input = { json: { lastEventId: this.#cursor } };
        const params = { path: 'stream.onEvent', input };
        socket.send(JSON.stringify({ method: 'connectionParams', data: { token: this.#token } }));
        socket.send(JSON.stringify({ id: 1, method: 'subscription', params }));
      });
      socket.on('message', (data: Buffer) => {
        const text = data.toString();
        if (text === 'PING') {
          this.pings += 1;
          socket.send('PONG');
        } else if (this.#hear(text) === 'stream.ready') {
          resolve();
        }
      });
    });
  }

  /** Waits until so many messages have come. */
  async until(count: number): Promise<void> {
    while (this.messages.length < count) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  /** Leaves as it should be done, or without a word. */
  async leave(how: 'close' | 'terminate' = 'close'): Promise<void> {
    const socket = this.#socket;
    if (socket && socket.readyState !== WebSocket.CLOSED) {
      const closed = new Promise((resolve) => {
        socket.once('close', resolve);
      });
      socket[how]();
      await closed;
    }
  }

  #hear(text: string): string | undefined {
    const { result } = JSON.parse(text) as Heard;
    const event = result?.data?.json?.data;
    if (result?.id !== undefined) {
      this.#cursor = result.id;
    }
    if (event?.type === 'stream.reset') {
      throw new Error('what was missed is not there any more');
    }
    if (event?.type === 'chat.message' && event.seq > (this.#newest.get(event.streamId) ?? 0)) {
      this.#newest.set(event.streamId, event.seq);
      this.messages.push(event.body.id);
      this.#heard();
    }
    return event?.type;
  }
}
