import { expect, test } from 'vitest';
import { HubQueue } from './hub-queue.ts';

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

test('what waits gives its place to newer signals of its topic, and signals go first', () => {
  const queue = new HubQueue({ records: 5, bytes: 100 });
  const add = (record: string, topic: string | null = null, bytes = 1): void =>
    queue.add({ record, bytes, shard: 0, topic });
  const rest = (): string[] => {
    const all: string[] = [];
    for (let next = queue.take(); next; next = queue.take()) {
      all.push(next.record);
    }
    return all;
  };
  add('e1');
  add('a1', 'a');
  add('e2');
  add('a2', 'a');
  expect(rest()).toEqual(['e1', 'e2', 'a2']);

  ['e1', 'e2', 'e3'].forEach((record) => add(record));
  add('a1', 'a');
  add('b1', 'b');
  add('e4');
  expect(rest()).toEqual(['e1', 'e2', 'e3', 'b1', 'e4']);

  range(1, 9).forEach((n) => add(`e${n}`));
  expect(rest()).toEqual(['e5', 'e6', 'e7', 'e8', 'e9']);
  add('small');
  add('huge', null, 100);
  expect(rest()).toEqual(['huge']);
  add('beyond', null, 101);
  expect(queue).toMatchObject({ size: 0, bytes: 0 });

  for (const n of range(1, 10_000)) {
    add(`a${n}`, 'a');
  }
  expect(queue).toMatchObject({ size: 1, bytes: 1 });
  expect(rest()).toEqual(['a10000']);
});
