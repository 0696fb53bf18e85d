import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { toAppError } from '../errors.ts';
import { Batch } from './batch.ts';

/** A batch of two a run, whose runs end when they are told to. */
function heldBatch(patienceMs?: number) {
  const runs: { items: readonly string[]; end(): void }[] = [];
  const batch = new Batch<string, string>({
    most: 2,
    lanes: 1,
    ...(patienceMs !== undefined && { patienceMs }),
    run: (items) =>
      new Promise((resolve) => {
        runs.push({ items, end: () => resolve(items.map((item) => `done ${item}`)) });
      }),
  });
  return { batch, runs };
}

const outcomeOf = (work: Promise<string>): Promise<unknown> =>
  work.catch((error: unknown) => toAppError(error));
const turnedAway = { appCode: 'UNAVAILABLE', data: { retryAfterSeconds: 2 } };

test('who has waited for too long is turned away when the next run begins, and those behind go on', async () => {
  const { batch, runs } = heldBatch(50);
  const outcomes = ['a', 'b', 'c', 'd', 'e'].map((item) => outcomeOf(batch.add(item)));
  await expect.poll(() => runs.length).toBe(1);
  await wait(60);
  outcomes.push(...['f', 'g', 'h'].map((item) => outcomeOf(batch.add(item))));
  runs[0]?.end();
  await expect(Promise.all(outcomes.slice(0, 5))).resolves.toMatchObject([
    'done a',
    'done b',
    turnedAway,
    turnedAway,
    turnedAway,
  ]);
  expect(runs.map(({ items }) => items)).toEqual([
    ['a', 'b'],
    ['f', 'g'],
  ]);
  runs[1]?.end();
  await expect.poll(() => runs.length).toBe(3);
  runs[2]?.end();
  await expect(Promise.all(outcomes.slice(5))).resolves.toEqual(['done f', 'done g', 'done h']);
});

test('where all have waited for too long nothing runs until somebody else comes', async () => {
  const { batch, runs } = heldBatch(50);
  const outcomes = ['a', 'b', 'c', 'd'].map((item) => outcomeOf(batch.add(item)));
  await expect.poll(() => runs.length).toBe(1);
  await wait(60);
  runs[0]?.end();
  await expect(Promise.all(outcomes)).resolves.toMatchObject([
    'done a',
    'done b',
    turnedAway,
    turnedAway,
  ]);
  const late = batch.add('e');
  await expect.poll(() => runs.length).toBe(2);
  runs[1]?.end();
  await expect(late).resolves.toBe('done e');
});

test('without an end to its patience a batch keeps everybody', async () => {
  const { batch, runs } = heldBatch();
  const outcomes = ['a', 'b', 'c'].map((item) => batch.add(item));
  await expect.poll(() => runs.length).toBe(1);
  await wait(60);
  runs[0]?.end();
  await expect.poll(() => runs.length).toBe(2);
  runs[1]?.end();
  await expect(Promise.all(outcomes)).resolves.toEqual(['done a', 'done b', 'done c']);
});

test('who has hung up before their run begins takes no part in it; who does so later does', async () => {
  const { batch, runs } = heldBatch();
  const calls = ['a', 'b', 'c', 'd', 'e'].map(() => new AbortController());
  const outcomes = ['a', 'b', 'c', 'd', 'e'].map((item, index) =>
    outcomeOf(batch.add(item, calls[index]?.signal)),
  );
  await expect.poll(() => runs.length).toBe(1);
  calls[0]?.abort();
  calls[2]?.abort();
  runs[0]?.end();
  await expect.poll(() => runs.length).toBe(2);
  runs[1]?.end();
  expect(runs.map(({ items }) => items)).toEqual([
    ['a', 'b'],
    ['d', 'e'],
  ]);
  await expect(Promise.all(outcomes)).resolves.toMatchObject([
    'done a',
    'done b',
    turnedAway,
    'done d',
    'done e',
  ]);
});
