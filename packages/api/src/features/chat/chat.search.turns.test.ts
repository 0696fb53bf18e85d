import { expect, test } from 'vitest';
import { atOnce, tally } from '../../testing/index.ts';
import { SearchTurns } from './chat.search.turns.ts';

test('four searches run and eight wait, four of one person at the most', async () => {
  const turns = new SearchTurns();
  const { promise: end, resolve: finish } = Promise.withResolvers<null>();
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await end;
    running -= 1;
  };
  const mine = atOnce(6, () => turns.run('sara', work));
  const others = atOnce(10, (n) => turns.run(`person ${n}`, work));
  await new Promise(setImmediate);
  finish(null);
  expect(tally(await mine)).toEqual({ ok: 4, BUSY: 2 });
  expect(tally(await others)).toEqual({ ok: 8, BUSY: 2 });
  expect(most).toBe(4);
  const failing = atOnce(4, () => turns.run('sara', () => Promise.reject(new Error('failed'))));
  await failing;
  await expect(turns.run('sara', () => Promise.resolve('again'))).resolves.toBe('again');
});
