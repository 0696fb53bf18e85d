import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { cloneDatabase } from '@chapar/api/testing';
import { createChaparClient, type ChaparClient } from '@chapar/client';
import { pino, type Logger } from 'pino';
import { openContainer, type Container } from '../src/container.ts';
import { parseConfig, type Config } from '../src/env.ts';
import { createServer } from '../src/server.ts';
import { unpaced } from './server-process.ts';

/** A server of this process on a free port, with a database of its own. */
export interface TestServer extends AsyncDisposable {
  url: string;
  databaseUrl: string;
  config: Config;
  container: Container;
  /** A client of the published package. */
  client(options?: Partial<Parameters<typeof createChaparClient>[0]>): ChaparClient;
  /** A client that has signed in under this number. */
  signIn(phone: string): Promise<ChaparClient>;
  /** The newest code that was sent to a number. */
  code(phone: string): Promise<string>;
  /** Drops the TCP connections of all sockets, without a word. */
  cutSockets(): void;
  close(): Promise<void>;
}

/** Starts the whole server, as `main.mjs` does. @param env what differs from the defaults */
export async function startServer(
  env: Record<string, string> = {},
  database: { url: string; drop(): Promise<void> } | null = null,
  log: Logger = pino({ level: 'silent' }),
): Promise<TestServer> {
  const own = database ?? (await cloneDatabase());
  const usual = { DATABASE_URL: own.url, PORT: '0', LOG_LEVEL: 'fatal', ...unpaced };
  const config = parseConfig({ ...usual, ...env });
  const container = await openContainer(config, log, () => undefined);
  const server = await createServer(config, container);
  const url = await server.listen({ host: config.host, port: config.port });
  const upgraded = new Set<Socket>();
  server.server.on('upgrade', (_request, socket: Socket) => {
    upgraded.add(socket);
    socket.on('close', () => upgraded.delete(socket));
  });
  const clients: ChaparClient[] = [];
  const test: TestServer = {
    url,
    databaseUrl: own.url,
    config,
    container,
    client(options) {
      const client = createChaparClient({ url, ...options });
      clients.push(client);
      return client;
    },
    async signIn(phone) {
      const client = test.client();
      const { challengeId } = await client.otp.request.mutate({ phone });
      await client.otp.verify.mutate({ challengeId, code: await test.code(phone) });
      return client;
    },
    code: (phone) => readCode(url, phone),
    cutSockets() {
      for (const socket of upgraded) {
        socket.destroy();
      }
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      await server.close();
      await container.close();
      if (!database) {
        await own.drop();
      }
    },
    [Symbol.asyncDispose]: () => test.close(),
  };
  return test;
}

const pollMs = 20;
const tries = 250;

/** Reads a code as a developer does: from the development inbox. */
export async function readCode(url: string, phone: string): Promise<string> {
  for (let i = 0; i < tries; i += 1) {
    const response = await fetch(`${url}/dev/sms?phone=${encodeURIComponent(phone)}`);
    const [newest] = (await response.json()) as { text: string }[];
    const code = /\d{6}/.exec(newest?.text ?? '')?.[0];
    if (code) {
      return code;
    }
    await wait(pollMs);
  }
  throw new Error(`no code came to ${phone}`);
}
