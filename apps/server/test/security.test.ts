import helmet from '@fastify/helmet';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { parseConfig } from '../src/env.ts';
import { addSecurity } from '../src/plugins/security.ts';

const production = {
  NODE_ENV: 'production',
  SECRET_KEY: 'Yq8vJm2xWc5nRt7bKd4pLz9sHf3gXe6u',
  DATABASE_URL: 'postgres://localhost/chapar',
  SMS_PROVIDERS: 'webhook',
  SMS_WEBHOOK_URL: 'http://127.0.0.1:9/sms',
  SMS_WEBHOOK_SECRET: 'k3V9sQ2mX7pL5tRw',
};

test.for([{}, production])('answers have the headers of helmet: %j', async (env) => {
  const config = parseConfig(env);
  const [ours, helmets] = [fastify(), fastify()];
  await addSecurity(ours, config);
  await helmets.register(helmet, { hsts: config.mode === 'production' });
  const said = [];
  for (const server of [ours, helmets]) {
    server.get('/', () => 'ok');
    for (const path of ['/', '/nowhere']) {
      const { date: _date, vary: _vary, ...headers } = (await server.inject(path)).headers;
      said.push(headers);
    }
    await server.close();
  }
  expect(said.slice(0, 2)).toEqual(said.slice(2));
});
