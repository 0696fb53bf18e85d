import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { failure, listen, setUp, signIn } from '../test/set-up.ts';
import { appCodeOf } from './index.ts';

afterEach(() => {
  vi.useRealTimers();
});

const forever = (): Promise<unknown> => wait(60_000, null, { ref: false });
const input = { challengeId: 'c', code: '123456' };

test('a call is told that its session has ended although a login hangs', async () => {
  await using it = await setUp();
  await signIn(it);
  it.server.faults.loggedIn = forever;
  const login = failure(it.client.otp.verify.mutate(input));
  await vi.waitUntil(() => it.server.requests.filter((path) => path === 'otp.verify').length > 1);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  it.server.faults.refuseCall = () => 'SESSION_ENDED';
  const call = failure(it.client.user.update.mutate({}));
  await vi.waitUntil(() => it.server.requests.includes('user.update'));
  await wait(100);
  expect(it.ends).toEqual([]);
  await vi.advanceTimersByTimeAsync(5_000);
  const late = wait(1_000, 'late', { ref: false });
  expect(appCodeOf(await Promise.race([call, late]))).toBe('SESSION_ENDED');
  expect(it.ends).toEqual(['ended']);
  expect(vi.getTimerCount()).toBe(0);
  await it.client.close();
  await login;
});

test('a login that hangs for long is not broken off, and counts when it is answered', async () => {
  await using it = await setUp();
  await signIn(it);
  let answer = (): void => undefined;
  it.server.faults.loggedIn = () =>
    new Promise<void>((resolve) => {
      answer = resolve;
    });
  const login = it.client.otp.verify.mutate(input);
  await vi.waitUntil(() => it.server.requests.filter((path) => path === 'otp.verify').length > 1);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await vi.advanceTimersByTimeAsync(60_000);
  vi.useRealTimers();
  answer();
  await login;
  expect(await it.store.get()).toMatchObject({ accessToken: 'access-2' });
});

test.each(['user.update', 'otp.verify', 'session.end'] as const)(
  'close ends %s, which is under way, and other calls with it',
  async (path) => {
    const sent: string[] = [];
    let isHanging = false;
    await using it = await setUp({
      async fetch(url, init) {
        sent.push(url);
        if (isHanging) {
          await forever();
        }
        return fetch(url, init);
      },
    });
    await signIn(it);
    isHanging = true;
    const { client } = it;
    const started = {
      'user.update': () => client.user.update.mutate({}),
      'otp.verify': () => client.otp.verify.mutate(input),
      'session.end': () => client.session.end.mutate(),
    };
    const calls = [failure(started[path]()), failure(client.user.me.query())];
    await vi.waitUntil(() => sent.length > 1);
    await client.close();
    const late = wait(500, 'late', { ref: false });
    for (const call of calls) {
      expect(await Promise.race([call, late])).toMatchObject({ message: 'the client is closed' });
    }
  },
);

test('close completes subscriptions, and fails those that come later', async () => {
  await using it = await setUp();
  await signIn(it);
  const heard = listen(it);
  await vi.waitUntil(() => heard.events.length === 1);
  await it.client.close();
  expect([heard.completed, heard.errors]).toEqual([1, []]);
  const later = listen(it);
  expect(later.errors).toMatchObject([{ message: 'the client is closed' }]);
});
