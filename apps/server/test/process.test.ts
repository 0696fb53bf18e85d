import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cloneDatabase, createEmptyDatabase } from '@chapar/api/testing';
import { createChaparClient, memoryTokenStore, newId } from '@chapar/client';
import { describe, expect, test } from 'vitest';
import { startEmbeddedPostgres } from '@chapar/embedded-postgres';
import { freePort } from './free-port.ts';
import { readCode } from './harness.ts';
import { endWhileStarting, failToStart, startProcess } from './server-process.ts';

async function temporaryFolder(): Promise<AsyncDisposable & { folder: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'chapar-process-'));
  await chmod(folder, 0o755);
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

async function logIn(url: string, phone: string) {
  const tokenStore = memoryTokenStore();
  const client = createChaparClient({ url, tokenStore });
  const { challengeId } = await client.otp.request.mutate({ phone });
  const { user } = await client.otp.verify.mutate({
    challengeId,
    code: await readCode(url, phone),
  });
  return { client, user, tokenStore };
}

describe('what keeps it from starting is one line and exit code 1', () => {
  test('a port that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { output, code } = await failToStart({ PORT: String(port) });
    expect(output).toBe(
      `Chapar cannot start. PORT: 127.0.0.1:${port} is taken; stop what listens there, or set another PORT.`,
    );
    expect(code).toBe(1);
    taken.close();
  });

  test('a database that does not answer, or refuses the password', async () => {
    await using database = await cloneDatabase();
    const nowhere = `postgres://u:p@127.0.0.1:${await freePort()}/x`;
    const wrongPassword = new URL(database.url);
    wrongPassword.password = 'nottherealone';
    for (const [url, says] of [
      [
        nowhere,
        /^Chapar cannot start\. DATABASE_URL: no PostgreSQL answers at 127\.0\.0\.1:\d+; start it, or unset/,
      ],
      [
        wrongPassword.href,
        /^Chapar cannot start\. DATABASE_URL: PostgreSQL refuses the user or the password\.$/,
      ],
    ] as const) {
      const { output, code } = await failToStart({ PORT: '0', DATABASE_URL: url });
      expect(output).toMatch(says);
      expect(output.split('\n')).toHaveLength(1);
      expect(output).not.toContain('nottherealone');
      expect(code).toBe(1);
    }
  });

  test('a data folder that cannot be written', async () => {
    await using database = await cloneDatabase();
    const env = { PORT: '0', DATABASE_URL: database.url, DATA_DIR: '/dev/null/data' };
    const { output, code } = await failToStart(env);
    expect(output).toMatch(
      /^Chapar cannot start\. DATA_DIR: cannot be used \(.*\); choose another/,
    );
    expect(code).toBe(1);
  });

  test('a configuration that is not right, every variable by its name', async () => {
    const { output, code } = await failToStart({
      PORT: 'http',
      OTP_LENGTH: '2',
      NODE_ENV: 'development',
    });
    expect(output).toMatch(/^Chapar cannot start\. .*PORT: .*OTP_LENGTH: /);
    expect(code).toBe(1);
  });

  test('M10: what a chosen SMS provider lacks, by its name', async () => {
    const { output, code } = await failToStart({
      SMS_PROVIDERS: 'kavenegar,ippanel',
      IPPANEL_API_KEY: 'Kv7Qm2xWc5nRt7bKd4pLz9',
    });
    expect(output).toBe(
      'Chapar cannot start. KAVENEGAR_API_KEY: missing; kavenegar in SMS_PROVIDERS needs it; ' +
        'IPPANEL_FROM: missing; ippanel in SMS_PROVIDERS needs it',
    );
    expect(code).toBe(1);
  });

  test('M11: a file of templates that is not there', async () => {
    const { output, code } = await failToStart({ SMS_TEMPLATES_FILE: '/dev/null/sms.json' });
    expect(output).toBe('Chapar cannot start. SMS_TEMPLATES_FILE: cannot be read (ENOTDIR)');
    expect(code).toBe(1);
  });

  test('shortcuts of development in production, every one by its name', async () => {
    const { output, code } = await failToStart({
      NODE_ENV: 'production',
      SECRET_KEY: 'change-me-change-me-change-me-change-me',
      OTP_TEST_NUMBERS: '+989120000000:123456',
      MAIL_PROVIDER: 'console',
      DEV_ROUTES: 'on',
    });
    for (const name of [
      'SECRET_KEY',
      'DATABASE_URL',
      'SMS_PROVIDERS',
      'DEV_ROUTES',
      'OTP_TEST_NUMBERS',
      'OTP_TEST_NUMBERS_UNTIL',
      'MAIL_PROVIDER',
    ]) {
      expect(output).toContain(`${name}: `);
    }
    expect(output).not.toContain('change-me');
    expect(output.split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });
});

test('the first administrator is there from the first start on', async () => {
  await using database = await cloneDatabase();
  const phone = '+989120001009';
  const env = {
    DATABASE_URL: database.url,
    FIRST_ADMIN_PHONE: '0912 000 1009',
    FIRST_ADMIN_PASSWORD: 'Adm7-Gx2Qp9Zt',
  };
  const weak = await failToStart({ ...env, PORT: '0', FIRST_ADMIN_PASSWORD: 'password' });
  expect(weak).toEqual({
    output:
      'Chapar cannot start. ' +
      'FIRST_ADMIN_PASSWORD: is too short or too easy to guess; choose another.',
    code: 1,
  });
  for (let start = 0; start < 2; start += 1) {
    await using server = await startProcess(env);
    const client = createChaparClient({ url: server.url });
    const password = env.FIRST_ADMIN_PASSWORD;
    const { user } = await client.password.login.mutate({ phone, password });
    expect(user.phone).toBe(phone);
    // Plain users may not read it.
    await expect(client.admin.listEvents.query({ userId: user.id })).resolves.toBeDefined();
    expect(server.output()).not.toContain(password);
    await client.close();
  }
});

test('the banner says where the login codes are', async () => {
  await using database = await cloneDatabase();
  const inboxesOf = async (env: Record<string, string>): Promise<string | undefined> => {
    await using server = await startProcess({ DATABASE_URL: database.url, ...env });
    await expect.poll(server.output).toContain('Ctrl-C');
    return /Login codes +(.*)/.exec(server.output())?.[1]?.replace(server.url, '');
  };
  expect(await inboxesOf({})).toBe('below, and at /dev/sms?phone=09… and /dev/mail?to=…');
  expect(await inboxesOf({ MAIL_PROVIDER: 'off' })).toBe('below, and at /dev/sms?phone=09…');
  expect(await inboxesOf({ DEV_ROUTES: 'off' })).toBe('below');
});

test.for(['SIGINT', 'SIGTERM'] as const)(
  '%s ends it with code 0, and closes the sockets first',
  async (signal) => {
    await using database = await cloneDatabase();
    await using server = await startProcess({ DATABASE_URL: database.url });
    const { client } = await logIn(server.url, '+989120001001');
    const ready = Promise.withResolvers<undefined>();
    client.stream.onEvent.subscribe(undefined, { onData: () => ready.resolve(undefined) });
    await ready.promise;
    expect(await server.stop(signal)).toBe(0);
    expect(server.output()).not.toMatch(/error/i);
    await client.close();
  },
);

test('two nodes that start together on an empty database both come up', async () => {
  await using database = await createEmptyDatabase();
  const nodes = await Promise.all([1, 2].map(() => startProcess({ DATABASE_URL: database.url })));
  for (const node of nodes) {
    expect((await fetch(`${node.url}/readyz`)).status).toBe(200);
    expect(await node.stop('SIGTERM')).toBe(0);
  }
});

test('killed with its whole group, it finds its data and its logins again', async () => {
  await using temporary = await temporaryFolder();
  const env = { DATA_DIR: path.join(temporary.folder, 'data') };
  const before = await startProcess(env);
  const { client, user, tokenStore } = await logIn(before.url, '+989120001002');
  await client.user.update.mutate({ firstName: 'سارا' });
  await before.killGroup();
  await client.close();
  await using after = await startProcess(env);
  const again = createChaparClient({ url: after.url, tokenStore });
  expect(await again.user.me.query()).toMatchObject({ id: user.id, firstName: 'سارا' });
  await again.close();
});

test('told to end before it listens, it leaves no PostgreSQL behind', async () => {
  await using temporary = await temporaryFolder();
  const env = { DATA_DIR: path.join(temporary.folder, 'data') };
  const pidFile = path.join(env.DATA_DIR, 'postgres', 'postmaster.pid');
  const readPid = async (): Promise<string> => readFile(pidFile, 'utf8').catch(() => '');
  // PostgreSQL runs; the server has still to prepare its tables.
  const isTime = async (): Promise<boolean> => (await readPid()).includes('ready');
  expect(await endWhileStarting(env, isTime)).toBe(0);
  expect(await readPid()).toBe('');
  // Nothing is in the way of the next one.
  await using next = await startProcess(env);
  expect((await fetch(`${next.url}/readyz`)).status).toBe(200);
});

test('a second server on the same data says who has it, and leaves the first alone', async () => {
  await using temporary = await temporaryFolder();
  const env = { DATA_DIR: path.join(temporary.folder, 'data') };
  await using first = await startProcess(env);
  const { output, code } = await failToStart({ ...env, PORT: '0' });
  expect(output).toMatch(/^Chapar cannot start\. .*DATA_DIR/);
  expect(code).toBe(1);
  expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
});

test('killed between two sends, it comes back and the client goes on by itself', async () => {
  await using temporary = await temporaryFolder();
  await using postgres = await startEmbeddedPostgres({
    directory: path.join(temporary.folder, 'postgres'),
  });
  const env = {
    DATABASE_URL: postgres.url,
    DATA_DIR: temporary.folder,
    PORT: String(await freePort()),
  };
  const server = await startProcess(env);
  const [sara, reza] = [
    await logIn(server.url, '+989120001003'),
    await logIn(server.url, '+989120001004'),
  ];
  const { id: requestId } = await sara.client.friend.request.mutate({ userId: reza.user.id });
  await reza.client.friend.accept.mutate({ requestId });
  const { id: conversationId } = await sara.client.chat.start.mutate({ userId: reza.user.id });
  const seqs: number[] = [];
  const ready = Promise.withResolvers<undefined>();
  reza.client.stream.onEvent.subscribe(undefined, {
    onData({ data }) {
      if (data.type === 'stream.ready') {
        ready.resolve(undefined);
      }
      if (data.type === 'chat.message') {
        seqs.push(data.seq);
      }
    },
  });
  await ready.promise;
  const send = (text: string) =>
    sara.client.chat.send.mutate({ conversationId, id: newId(), text });
  const rounds = 3;
  let current = server;
  for (let round = 0; round < rounds; round += 1) {
    await send(`before ${round}`);
    const sending = [send(`during ${round}`), send(`and ${round}`)];
    await current.killGroup();
    current = await startProcess(env);
    await Promise.all(sending);
    await send(`after ${round}`);
  }
  await expect.poll(() => seqs.length, { timeout: 30_000 }).toBe(rounds * 4);
  expect(seqs).toEqual(Array.from({ length: rounds * 4 }, (_, index) => index + 1));
  await sara.client.close();
  await reza.client.close();
  expect(await current.stop('SIGTERM')).toBe(0);
}, 90_000);
