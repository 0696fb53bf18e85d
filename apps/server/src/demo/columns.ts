const between = '\u001e';

/** A value of a column; null is told apart from the empty text by the statement, where it matters. */
type Cell = string | number | boolean | null;

/**
 * One column of many rows as text for `unnest(string_to_array($n, chr(30), ''))`, where an empty value is null.
 * Cheaper on both sides than an array literal, whose values have to be quoted.
 */
export function column<Row>(rows: readonly Row[], cell: (row: Row) => Cell): string {
  let text = '';
  for (const [index, row] of rows.entries()) {
    const value = cell(row);
    text += (index === 0 ? '' : between) + (value === null ? '' : String(value));
  }
  return text;
}

/**
 * SQL of a `from` item that has columns of the given types, each from one parameter.
 *
 * @param columns such as `{ id: 'uuid' }`, in the order of `$1`, `$2` …
 */
export function unnested(columns: Readonly<Record<string, string>>): string {
  const arrays = Object.values(columns).map(
    (type, index) => `string_to_array($${index + 1}, chr(30), '')::${type}[]`,
  );
  return `unnest(${arrays.join(', ')}) as t (${Object.keys(columns).join(', ')})`;
}

/** SQL of the instant that a column of milliseconds since 1970 says. */
export const time = (name: string): string => `to_timestamp(${name} / 1000.0)`;
