import type { Page } from '@chapar/contract';
import { fieldError } from '../errors.ts';

/** Packs the sort key of a page's last row into the opaque text of `nextCursor`. */
function writeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * Unpacks a cursor made by {@link writeCursor}. It comes back from the client, so it is checked.
 *
 * @param kinds what each part must be; a `date` is kept as milliseconds, an `id` is a UUID, a `text` is short
 * @throws AppError `INPUT_INVALID` for anything that we cannot have written
 */
export function readCursor<const Kinds extends readonly Kind[]>(
  cursor: string | null | undefined,
  kinds: Kinds,
): CursorKey<Kinds> | null {
  if (cursor === null || cursor === undefined) {
    return null;
  }
  const parts = parse(cursor);
  if (parts?.length === kinds.length && kinds.every((kind, i) => isA(kind, parts[i]))) {
    return parts.map((part, i) =>
      kinds[i] === 'date' ? new Date(part as number) : part,
    ) as CursorKey<Kinds>;
  }
  throw fieldError('cursor', 'invalid');
}

/**
 * Makes a page out of `limit + 1` rows: the extra one only tells that there is more.
 *
 * @param keyOf the sort key of a row, in the order of the list
 */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  keyOf: (row: Row) => readonly (string | number)[],
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    nextCursor: rows.length > limit && last !== undefined ? writeCursor(keyOf(last)) : null,
  };
}

type Kind = 'date' | 'id' | 'seq' | 'text';

type CursorKey<Kinds extends readonly Kind[]> = {
  -readonly [I in keyof Kinds]: Kinds[I] extends 'date'
    ? Date
    : Kinds[I] extends 'seq'
      ? number
      : string;
};

const latestDate = 8.64e15;
const largestSeq = 2_147_483_647;
const shortText = /^[^\0]{0,64}$/u;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function isA(kind: Kind, part: unknown): boolean {
  if (kind === 'text') {
    return typeof part === 'string' && shortText.test(part) && part.isWellFormed();
  }
  if (kind === 'id') {
    return typeof part === 'string' && uuid.test(part);
  }
  if (typeof part !== 'number' || !Number.isSafeInteger(part) || part < 0) {
    return false;
  }
  return part <= (kind === 'seq' ? largestSeq : latestDate);
}

function parse(cursor: string): unknown[] | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parts) ? parts : null;
  } catch {
    return null;
  }
}
