import { z } from 'zod';

const largestPage = 100;
const usualPage = 30;
const longestCursor = 200;

/** Input of every list: `limit` items after the opaque `cursor` of the page before. */
export const pageInputSchema = z.strictObject({
  cursor: z.string().max(longestCursor).nullish(),
  limit: z.int().min(1).max(largestPage).default(usualPage),
});

/** Output of every list. `nextCursor` is null on the last page. */
export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** One page of a list. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}
