import { expect, test } from 'vitest';
import { day, hour } from './kernel/duration.ts';
import { sweep } from './sweep.ts';
import { createTestApi } from './testing/index.ts';

test('a sweep removes what is over and leaves what still counts', async () => {
  await using api = await createTestApi();
  const [sara] = await api.signUpFriends();
  expect(await sweep(api.app)).toEqual({ events: 0, challenges: 0, limits: 0 });
  api.clock.advance(25 * hour);
  expect(await sweep(api.app)).toMatchObject({ events: 0, challenges: 0 });
  expect(await api.app.db.selectFrom('rate_limits').select('key').execute()).toEqual([]);
  api.clock.advance(day);
  expect(await sweep(api.app)).toMatchObject({ events: 0, challenges: 2 });
  await sara.api.user.me().catch(() => undefined);
  api.clock.advance(7 * day);
  const { events } = await sweep(api.app);
  expect(events).toBeGreaterThan(0);
  expect(await api.app.db.selectFrom('stream_events').select('seq').execute()).toEqual([]);
  expect(await sweep(api.app)).toEqual({ events: 0, challenges: 0, limits: 0 });
});
