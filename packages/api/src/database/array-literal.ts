/**
 * Text of a PostgreSQL array (PostgreSQL manual, 8.15.2), for values that need no quotes: ids, numbers and
 * instants; other text goes through {@link quoted}. The driver would look at every character of all of them.
 */
export function arrayOf<Item>(
  items: readonly Item[],
  valueOf: (item: Item) => string | number,
): string {
  let text = '';
  for (const item of items) {
    const value = String(valueOf(item));
    text += text === '' ? value : `,${value}`;
  }
  return `{${text}}`;
}

/** An element of an array that may hold any text. */
export function quoted(text: string): string {
  return special.test(text) ? `"${text.replaceAll(everySpecial, String.raw`\$&`)}"` : `"${text}"`;
}

const special = /["\\]/;
const everySpecial = /["\\]/g;
