import { cloneDatabase } from '@chapar/api/testing';
import { createChaparClient } from '@chapar/client';
import { expect, test } from 'vitest';
import { startProcess } from '../server-process.ts';
import { startBalancer, targetOf } from './balancer.ts';
import { stormEnv } from './storm.ts';

test(
  'connections to PostgreSQL that fall silent are given up, and callers are served by new ones',
  { timeout: 90_000 },
  async () => {
    await using database = await cloneDatabase();
    await using line = await startBalancer([targetOf(database.url)]);
    const url = new URL(database.url);
    url.port = String(line.port);
    await using server = await startProcess({ DATABASE_URL: url.href, HUB: 'memory', ...stormEnv });
    await using client = createChaparClient({ url: server.url });
    const { challengeId } = await client.otp.request.mutate({ phone: '+989140001000' });
    await client.otp.verify.mutate({ challengeId, code: '123456' });
    await client.user.me.query();
    line.freeze();
    // The first may be among those that wait for the silent ones.
    const answered = async (): Promise<string> =>
      client.user.me.query().then(
        () => 'served',
        () => 'refused',
      );
    await expect.poll(answered, { timeout: 45_000, interval: 200 }).toBe('served');
    await server.killGroup();
  },
);
