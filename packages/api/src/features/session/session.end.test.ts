import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { day, minute, second } from '../../kernel/duration.ts';
import { createTestApi, expectAppError, type Actor, type TestApi } from '../../testing/index.ts';
import { forgetOldSessions } from './session.sweep.ts';

/** How often nodes look into the log is what the product ships with. */
const config = { stream: defaultConfig.stream };

/** Ways by which the other session of somebody ends. */
const ways: Record<string, (one: Actor, other: Actor) => Promise<unknown>> = {
  'session.remove': (one, other) => one.api.session.remove({ sessionId: other.sessionId }),
  'session.removeOthers': (one) => one.api.session.removeOthers(),
  'session.removeAll': (one) => one.api.session.removeAll(),
  'session.end': (_one, other) => other.api.session.end(),
};

/** Somebody's second session, with a live stream on every node. */
async function follow(nodes: readonly TestApi[], one: Actor) {
  const [api] = nodes;
  const other = api?.anonymous() ?? one;
  await other.signIn(one.phone);
  const lives = await Promise.all(nodes.map((node) => other.at(node).listen()));
  await Promise.all(lives.map((live) => live.ready()));
  return { one, other, lives };
}

test('S6, S7, A37: the end of a session reaches calls, refreshes and live streams on all nodes within a second', async () => {
  await using api = await createTestApi({ config });
  await using node2 = await createTestApi({ on: api, config });
  await using node3 = await createTestApi({ on: api, config });
  const nodes = [api, node2, node3];
  const bystander = await api.signUp();
  const unrelated = await (await bystander.at(node2).listen()).ready();
  for (const [way, end] of Object.entries(ways)) {
    const one = await api.signUp();
    api.clock.advance(minute);
    const { other, lives } = await follow(nodes, one);
    await end(one, other);
    const codes = () => lives.map(({ closeCode }) => closeCode);
    await expect
      .poll(codes, { timeout: second, interval: 10, message: way })
      .toEqual([4403, 4403, 4403]);
    for (const node of nodes) {
      const there = other.at(node);
      const { refreshToken } = there;
      await expectAppError(there.api.user.me(), 'SESSION_ENDED');
      await expectAppError(there.api.session.refresh({ refreshToken }), 'SESSION_ENDED');
      await expectAppError(there.listen(), 'SESSION_ENDED');
    }
  }
  expect(unrelated.closeCode).toBeNull();
  await expect(bystander.at(node3).api.user.me()).resolves.toBeDefined();
  unrelated.stop();
});

test('S5: sessions that are long over are forgotten, those that may live are not', async () => {
  await using api = await createTestApi();
  const [sara, reza] = [await api.signUp(), await api.signUp()];
  await sara.api.session.end();
  api.clock.advance(89 * day);
  await expect(forgetOldSessions(api.app)).resolves.toBe(0);
  api.clock.advance(2 * day);
  await expect(forgetOldSessions(api.app)).resolves.toBe(1);
  const rows = await api.app.db.selectFrom('sessions').select('id').execute();
  expect(rows).toEqual([{ id: reza.sessionId }]);
  api.clock.advance(180 * day);
  await expect(forgetOldSessions(api.app)).resolves.toBe(1);
});
