import { createHash, randomBytes } from 'node:crypto';
import { createIdSource, openDatabase } from '@chapar/api';
import { faultyRecipients, FakeKavenegar, FakeMeliPayamak } from '@chapar/sms/testing';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { startServer, type TestServer } from './harness.ts';

const keys = {
  kavenegar: 'Kv7Qm2xWc5nRt7bKd4pLz9',
  meliPayamak: 'Mp5Wd1Yk8Tz3Qr6Lx2Vb9c',
  callback: 'cb_Yq8vJm2xWc5nRt7bKd4pLz9sHf3gXe6u',
  service: 'Sv3Hn8Kd2Wq6Zt9Lx4Rb7Mc1Vf5Gp0Jy',
};
const adminPhone = '+989129990001';
const password = 'blue horse 27 stairs';
const newId = createIdSource({ now: () => new Date() }, randomBytes);

/** Calls a procedure as any program can. @returns the whole answer */
async function call(
  server: TestServer,
  path: string,
  input: unknown,
  token?: string,
): Promise<string> {
  const isQuery = input === undefined;
  const response = await fetch(`${server.url}/trpc/${path}`, {
    method: isQuery ? 'GET' : 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(isQuery ? {} : { body: JSON.stringify({ json: input }) }),
  });
  return response.text();
}

/** Every row of the queue, whole. */
async function jobsOf(server: TestServer): Promise<string> {
  const database = await openDatabase({ url: server.databaseUrl });
  try {
    const { rows } = await database.pool.query<{ row: string }>(
      'select j::text as row from graphile_worker._private_jobs j',
    );
    return rows.map(({ row }) => row).join('\n');
  } finally {
    await database.close();
  }
}

/** What the log of messages holds of each, as staff read it and as it rests. */
function messagesOf(server: TestServer) {
  return server.container.app.db.selectFrom('sms_messages').selectAll().execute();
}

test('M14: codes, keys and whole numbers are in no log line, job, error, answer or trace', async () => {
  await using kavenegar = await new FakeKavenegar({ lateMs: 12_000 }).start();
  await using meliPayamak = await new FakeMeliPayamak({ lines: ['50004001'] }).start();
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
  const sent = (): typeof kavenegar.log => [...kavenegar.log, ...meliPayamak.log];
  const server = await startServer(
    {
      SMS_PROVIDERS: 'kavenegar,meli-payamak',
      KAVENEGAR_API_KEY: keys.kavenegar,
      KAVENEGAR_URL: kavenegar.url,
      MELI_PAYAMAK_USERNAME: '09120000000',
      MELI_PAYAMAK_API_KEY: keys.meliPayamak,
      MELI_PAYAMAK_FROM: '50004001',
      MELI_PAYAMAK_URL: meliPayamak.url,
      SMS_CALLBACK_SECRET: keys.callback,
      SMS_PER_NUMBER_PER_HOUR: '1',
      SERVICE_KEYS: `billing:${createHash('sha256').update(keys.service).digest('hex')}`,
      FIRST_ADMIN_PHONE: adminPhone,
      FIRST_ADMIN_PASSWORD: password,
    },
    null,
    log,
  );
  await using running = server;
  const answers: string[] = [];
  const said = async (...args: [path: string, input: unknown, token?: string]): Promise<void> => {
    answers.push(await call(running, ...args));
  };

  // Codes to numbers to which everything happens that can, and one that is used.
  const numbers = ['0001', ...Object.values(faultyRecipients)].map((end) => `+98912111${end}`);
  for (const phone of numbers) {
    await said('otp.request', { phone });
  }
  const settled = new Set(['accepted', 'rejected', 'unknown', 'expired', 'dead']);
  const isSettled = async (): Promise<boolean> => {
    const rows = await messagesOf(running);
    return rows.length >= numbers.length && rows.every(({ status }) => settled.has(status));
  };
  await expect.poll(isSettled, { timeout: 60_000, interval: 200 }).toBe(true);
  await said('otp.request', { phone: numbers[0] });
  const client = running.client();
  const { challengeId } = await client.otp.request.mutate({ phone: '+989121119999' });
  await expect.poll(() => sent().some(({ to }) => to.endsWith('9121119999'))).toBe(true);
  const own = sent().find(({ to }) => to.endsWith('9121119999'));
  const code = /\d{6}/.exec(own?.text ?? '')?.[0] ?? '';
  await said('otp.verify', { challengeId, code: code === '000000' ? '111111' : '000000' });
  await client.otp.verify.mutate({ challengeId, code });

  // Texts by staff and by a service: sent, repeated, refused.
  const admin = running.client();
  const { accessToken } = await admin.password.login.mutate({ phone: adminPhone, password });
  const service = `chapar_service_${keys.service}`;
  const text = { phone: '+989121110001', text: 'your parcel is there' };
  for (const token of [accessToken, service, `${service}x`, undefined]) {
    const id = newId();
    await said('sms.send', { ...text, id }, token);
    await said('sms.send', { ...text, id }, token);
    await said('sms.send', { ...text, id, text: 'another text' }, token);
    await said('sms.send', { ...text, id: newId(), phone: '+98912' }, token);
  }
  await said('sms.list', undefined, accessToken);
  await said('sms.listProviders', undefined, accessToken);
  const page = await admin.sms.list.query({ limit: 100 });
  for (const { id } of page.items.slice(0, 3)) {
    await said('sms.retry', { id }, accessToken);
  }
  const messageId = kavenegar.log[0]?.id ?? '';
  for (const secret of [keys.callback, `${keys.callback}x`]) {
    const path = `${running.url}/callbacks/sms/kavenegar/${secret}`;
    answers.push(await (await fetch(`${path}?messageid=${messageId}&status=10`)).text());
    answers.push(await (await fetch(`${path}/more?status=10`)).text());
    answers.push(await (await fetch(path, { method: 'POST', body: 'nonsense' })).text());
  }
  const rows = await messagesOf(running);
  const codes = sent().flatMap(({ text: words }) => /\b\d{6}\b/.exec(words)?.[0] ?? []);
  const attempts = rows.map((row) => [row.attempts, row.error, row.provider_code, row.text]);
  const jobs = await jobsOf(running);

  // What is looked for is there to be found: in the fakes, and of the numbers in the table.
  expect(codes.length).toBeGreaterThan(5);
  expect(lines.length).toBeGreaterThan(50);
  expect(answers.join('')).toContain('SMS_ID_TAKEN');
  expect(answers.join('')).toContain('SMS_BUDGET_SPENT');
  expect(JSON.stringify(attempts)).toContain('find');
  expect(jobs).toContain('sms');
  const sinks = {
    log: lines.join('\n'),
    jobs,
    answers: answers.join('\n'),
    trace: JSON.stringify(attempts),
  };
  const secrets = {
    ...keys,
    ...Object.fromEntries(codes.map((digits, i) => [`code ${i}`, digits])),
    ...Object.fromEntries(
      [...numbers, adminPhone].map((phone) => [`number ${phone}`, phone.slice('+98'.length)]),
    ),
  };
  const found = Object.entries(sinks).flatMap(([sink, words]) =>
    Object.entries(secrets)
      .filter(([name, secret]) => isIn(words, secret, name.startsWith('code')))
      .map(([name]) => `${name} in ${sink}`),
  );
  expect(found).toEqual([]);
}, 120_000);

/** Six digits stand in ids and times by chance; a code stands alone. */
function isIn(words: string, secret: string, isCode: boolean): boolean {
  return isCode
    ? new RegExp(String.raw`(?<![\da-f.:-])${secret}(?![\da-f.:-])`).test(words)
    : words.includes(secret);
}
