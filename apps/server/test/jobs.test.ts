import { cloneDatabase } from '@chapar/api/testing';
import { expect, test } from 'vitest';
import { startProxy } from './cuttable-proxy.ts';
import { startServer } from './harness.ts';

test('jobs run again after the database was away, from the very start on', async () => {
  await using database = await cloneDatabase();
  const url = new URL(database.url);
  await using proxy = await startProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  await using server = await startServer({}, { url: url.href, drop: () => Promise.resolve() });
  await proxy.cut();
  await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(503);
  await proxy.mend();
  await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(200);
  const phone = '+989160000001';
  await server.client().otp.request.mutate({ phone });
  const inbox = async (): Promise<unknown[]> =>
    (await (await fetch(`${server.url}/dev/sms?phone=${encodeURIComponent(phone)}`)).json()) as [];
  await expect.poll(inbox, { timeout: 15_000 }).toHaveLength(1);
});
