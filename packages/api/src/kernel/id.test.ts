import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createIdSource, timeOfId } from './id.ts';

test('ids are UUIDs of version 7 that rise, and no two have the same random part', () => {
  const newId = createIdSource({ now: () => new Date(1_800_000_000_000) }, randomBytes);
  const ids = Array.from({ length: 1_000 }, newId);
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids.map((id) => id.slice(-17))).size).toBe(ids.length);
});

test('an id tells when it was made, if it is of version 7', () => {
  const at = 1_800_000_000_123;
  const newId = createIdSource({ now: () => new Date(at) }, randomBytes);
  expect(timeOfId(newId())).toBe(at);
  expect(timeOfId(newId().toUpperCase())).toBe(at);
  expect(timeOfId('8b1d6a5e-5f0c-4d2a-9c64-3f1f3a1b2c3d')).toBeNull();
  expect(timeOfId('')).toBeNull();
});
