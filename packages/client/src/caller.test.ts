import { afterEach, expect, test, vi } from 'vitest';
import { setUp, signIn, type Setup } from '../test/set-up.ts';
import { appCodeOf, memoryTokenStore } from './index.ts';
import { insideOf } from './signs.ts';

afterEach(() => {
  vi.useRealTimers();
});

async function signInAs(it: Setup, userId: string | null): Promise<void> {
  it.server.sessions.userId = userId;
  await signIn(it);
}

/** Calls by name that are tried again after a failure on the way. */
const calls: Record<string, (it: Setup) => Promise<unknown>> = {
  'chat.send': ({ client }) =>
    client.chat.send.mutate({ conversationId: 'c', id: client.newId(), text: 'by ali' }),
  'user.me': ({ client }) => client.user.me.query().then(({ id }) => `done as ${id}`),
};

/** Makes a call, signs Sara in while its second try waits, and lets that one through. */
async function callAndSignInSara(it: Setup, path: string): Promise<unknown> {
  vi.spyOn(Math, 'random').mockReturnValue(0.3);
  let isCut = true;
  it.server.faults.cutRequest = (asked) => isCut && asked.includes(path);
  it.server.requests.length = 0;
  const call = calls[path]!(it).then(() => 'done', appCodeOf);
  await vi.waitUntil(() => it.server.requests.some((asked) => asked.includes(path)));
  await signInAs(it, 'sara');
  isCut = false;
  return call;
}

test.each(Object.keys(calls))(
  '%s that is tried again is not sent as somebody else',
  async (path) => {
    await using it = await setUp();
    await signInAs(it, 'ali');
    await it.client.user.me.query();
    expect(await callAndSignInSara(it, path)).toBe('AUTH_REQUIRED');
    expect([...it.server.sent.values()]).toEqual([]);
  },
);

test.each(['ali', undefined])(
  'the first call of a client, with stored tokens of %s, is not sent as somebody else',
  async (userId) => {
    const store = memoryTokenStore();
    await using it = await setUp({ tokenStore: store });
    const { accessToken, refreshToken } = it.server.sessions.issue(userId ?? null);
    await store.set({ accessToken, refreshToken, ...(userId !== undefined && { userId }) });
    expect(await callAndSignInSara(it, 'chat.send')).toBe('AUTH_REQUIRED');
    expect([...it.server.sent.values()]).toEqual([]);
  },
);

test('a call whose first try was given up before it was sent is not sent as somebody else', async () => {
  let isHanging = false;
  await using it = await setUp({
    async fetch(url, init) {
      if (url.includes('session.refresh')) {
        isHanging = true;
        await new Promise((resolve) => {
          setTimeout(resolve, 60_000);
        });
      }
      return fetch(url, init);
    },
  });
  it.server.sessions.accessExpiresIn = 0;
  await signInAs(it, 'ali');
  it.server.sessions.accessExpiresIn = 300;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const call = calls['chat.send']!(it).then(() => 'done', appCodeOf);
  await vi.waitUntil(() => isHanging);
  await insideOf(it.client).session.start(it.server.sessions.issue('sara'), 'sara');
  // The first try is given up after 10 s.
  await vi.advanceTimersByTimeAsync(12_000);
  expect(await call).toBe('AUTH_REQUIRED');
  expect([...it.server.sent.values()]).toEqual([]);
});

test('a call that nobody was signed in for goes as who has signed in meanwhile', async () => {
  await using it = await setUp();
  expect(await callAndSignInSara(it, 'user.me')).toBe('done');
});

test('a call that is tried again goes with a newer token of the same person', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.3);
  await using it = await setUp();
  await signInAs(it, 'ali');
  let faults = 1;
  it.server.faults.cutRequest = (path) => path === 'user.me' && faults-- > 0;
  const call = it.client.user.me.query();
  await vi.waitUntil(() => it.server.requests.includes('user.me'));
  await signInAs(it, 'ali');
  expect((await call).id).toBe('ali');
});
