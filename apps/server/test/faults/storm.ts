import { setTimeout as wait } from 'node:timers/promises';
import { openDatabase } from '@chapar/api';
import { createChaparClient, memoryTokenStore, type ChaparClient } from '@chapar/client';
import type { Balancer } from './balancer.ts';

/** How much of everything. The full size is what the product promises; the short form is for every day. */
export const size =
  process.env['FAULTS'] === 'full'
    ? { writers: 50, messages: 200, readers: 20, awayMs: 60_000 }
    : { writers: 50, messages: 12, readers: 20, awayMs: 4_000 };

const phones = ['+989140001000', '+989140001001', '+989140001002', '+989140001003'];
const code = '123456';
const cutEveryMs = 150;
const settleMs = 40_000;

/** What lets the people of a storm sign in at any node: the inbox of codes is each node's own. */
export const stormEnv = {
  OTP_TEST_NUMBERS: phones.map((phone) => `${phone}:${code}`).join(','),
  OTP_TEST_NUMBERS_UNTIL: '2099-12-31',
};

/** Somebody with several devices, which share what they are signed in with. */
type Person = Parameters<typeof createChaparClient>[0];

/** What a reader has got of the conversation. */
export interface Reading {
  ids: string[];
  resets: number;
}

export interface StormResult {
  /** Ids of the messages in the order of the table. */
  table: string[];
  readings: Reading[];
  /** Sends that were answered, each by its id. */
  acknowledged: Set<string>;
  /** Sends that the client gave up, after all of its own tries. */
  failures: number;
}

/**
 * Many writers and many readers in one conversation, through a balancer whose lines are cut at random,
 * while something happens to the servers.
 *
 * @param disturb is called once a third of the messages has been acknowledged
 */
export async function runStorm(
  {
    balancer,
    databaseUrl,
    areLinesCut = true,
  }: { balancer: Balancer; databaseUrl: string; areLinesCut?: boolean },
  disturb: () => Promise<void>,
): Promise<StormResult> {
  await using undo = new AsyncDisposableStack();
  const persons = await Promise.all(phones.map((phone) => signIn(balancer.url, phone)));
  const clientOf = (index: number): ChaparClient => {
    const client = createChaparClient(persons[index % persons.length] ?? { url: balancer.url });
    undo.defer(() => client.close());
    return client;
  };
  const [sara, reza] = [clientOf(0), clientOf(1)];
  const { id: rezaId } = await reza.user.me.query();
  const { id: requestId } = await sara.friend.request.mutate({ userId: rezaId });
  await reza.friend.accept.mutate({ requestId });
  const { id: chat } = await sara.chat.start.mutate({ userId: rezaId });
  await letIn(databaseUrl, chat);

  const readings: Reading[] = Array.from({ length: size.readers }, () => ({ ids: [], resets: 0 }));
  await Promise.all(readings.map((reading, index) => read(clientOf(index), chat, reading)));

  const acknowledged = new Set<string>();
  let failures = 0;
  const failed = (): void => {
    failures += 1;
  };
  const total = size.writers * size.messages;
  const over = new AbortController();
  const cutting = (async () => {
    while (!over.signal.aborted) {
      await wait(cutEveryMs);
      if (areLinesCut) {
        balancer.cutOne();
      }
    }
  })();
  const disturbing = (async () => {
    while (acknowledged.size < total / 3) {
      await wait(5);
    }
    await disturb();
  })();
  const [saraSends, rezaSends] = [clientOf(0), clientOf(1)];
  const writing = Array.from({ length: size.writers }, async (_, index) => {
    const client = index % 2 === 0 ? saraSends : rezaSends;
    for (let n = 1; n <= size.messages; n += 1) {
      acknowledged.add(await send(client, { chat, text: `${index}: ${n}`, failed }));
    }
  });
  try {
    await Promise.all([...writing, disturbing]);
  } finally {
    over.abort();
    await cutting;
  }
  const table = await readTable(databaseUrl, chat);
  const deadline = performance.now() + settleMs;
  while (readings.some(({ ids }) => ids.length < table.length) && performance.now() < deadline) {
    await wait(50);
  }
  return { table, readings, acknowledged, failures };
}

async function signIn(url: string, phone: string): Promise<Person> {
  const person = { url, tokenStore: memoryTokenStore() };
  await using client = createChaparClient(person);
  const { challengeId } = await client.otp.request.mutate({ phone });
  await client.otp.verify.mutate({ challengeId, code });
  return person;
}

/** Lets everybody read the conversation's stream: a room of more than two. */
async function letIn(databaseUrl: string, chat: string): Promise<void> {
  await query(
    databaseUrl,
    `insert into stream_members (user_id, stream_id, after_seq)
     select id, $1, 0 from users on conflict do nothing`,
    [chat],
  );
}

async function readTable(databaseUrl: string, chat: string): Promise<string[]> {
  const rows = await query<{ id: string }>(
    databaseUrl,
    'select id from messages where conversation_id = $1 order by seq',
    [chat],
  );
  return rows.map(({ id }) => id);
}

async function query<Row extends object>(
  url: string,
  text: string,
  values: unknown[],
): Promise<Row[]> {
  const database = await openDatabase({ url });
  try {
    return (await database.pool.query<Row>(text, values)).rows;
  } finally {
    await database.close();
  }
}

/** Listens for good. Resolves once it is live. */
function read(client: ChaparClient, chat: string, reading: Reading): Promise<void> {
  return new Promise((resolve, reject) => {
    client.stream.onEvent.subscribe(undefined, {
      onData({ data: event }) {
        if (event.type === 'stream.ready') {
          resolve();
        } else if (event.type === 'stream.reset') {
          reading.resets += 1;
        } else if (event.type === 'chat.message' && event.streamId === chat) {
          reading.ids.push(event.body.id);
        }
      },
      onError: reject,
    });
  });
}

/** Sends until the server has answered, under one id. */
async function send(
  client: ChaparClient,
  { chat: conversationId, text, failed }: { chat: string; text: string; failed: () => void },
): Promise<string> {
  const id = client.newId();
  for (;;) {
    try {
      await client.chat.send.mutate({ conversationId, id, text });
      return id;
    } catch {
      failed();
      await wait(100);
    }
  }
}
