import { pino } from 'pino';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startServer } from './harness.ts';

test('no log line holds a code, a token or a secret, whatever happens', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
  const secretKey = 'Yq8vJm2xWc5nRt7bKd4pLz9sHf3gXe6u';
  await using server = await startServer({ SECRET_KEY: secretKey }, null, log);
  const phone = '+989150000001';
  const client = server.client();
  const { challengeId } = await client.otp.request.mutate({ phone });
  const code = await server.code(phone);
  const wrong = code === '000000' ? '111111' : '000000';
  await expect(client.otp.verify.mutate({ challengeId, code: wrong })).rejects.toThrow('not right');
  const { accessToken, refreshToken } = await client.otp.verify.mutate({ challengeId, code });
  await client.user.update.mutate({ firstName: 'Sara' });
  const forged = `${refreshToken.slice(0, -4)}AAAA`;
  await expect(server.client().session.refresh.mutate({ refreshToken: forged })).rejects.toThrow(
    'not valid',
  );
  const next = await client.session.refresh.mutate({ refreshToken });
  const bad = { authorization: `Bearer ${accessToken}x` };
  await fetch(`${server.url}/trpc/user.me?token=${accessToken}`, { headers: bad });
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/trpc?token=${accessToken}`);
  socket.on('error', () => undefined);
  await expect.poll(() => socket.readyState).toBe(WebSocket.CLOSED);

  const text = lines.join('');
  expect(text).toContain('"path":"/trpc/otp.verify');
  const secrets = [code, accessToken, refreshToken, next.accessToken, next.refreshToken, secretKey];
  for (const secret of secrets) {
    expect(text).not.toContain(secret);
  }
  const url = new URL(server.databaseUrl);
  expect(text).not.toContain(url.password);
});

test('a socket that was refused receives nothing', async () => {
  await using server = await startServer();
  const sara = await server.signIn('+989150000002');
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/trpc?connectionParams=1`);
  const received: string[] = [];
  socket.on('message', (data: Buffer) => received.push(data.toString()));
  socket.on('open', () => {
    socket.send(JSON.stringify({ method: 'connectionParams', data: { token: 'x' } }));
    const params = { path: 'stream.onEvent', input: {} };
    socket.send(JSON.stringify({ id: 1, method: 'subscription', params }));
  });
  await expect.poll(() => socket.readyState).toBe(WebSocket.CLOSED);
  await sara.user.update.mutate({ firstName: 'Sara' });
  expect(received.filter((text) => text.includes('"type":"data"'))).toEqual([]);
});

test('pages of an origin that is listed may call, letter for letter', async () => {
  await using server = await startServer({ ALLOWED_ORIGINS: 'https://app.example.com' });
  const allowed = async (origin: string): Promise<string | null> => {
    const response = await fetch(`${server.url}/trpc/user.me`, { headers: { origin } });
    return response.headers.get('access-control-allow-origin');
  };
  expect(await allowed('https://app.example.com')).toBe('https://app.example.com');
  for (const foreign of ['https://app.example.com.evil.net', 'http://app.example.com', 'null']) {
    expect(await allowed(foreign)).toBeNull();
  }
});
