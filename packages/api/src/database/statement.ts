import type pg from 'pg';

/**
 * A statement that is worth its name: PostgreSQL parses and plans it once a connection, not at every
 * call. For what runs often; everything else is written with Kysely.
 *
 * @param name unique in the product, such as `session-actors`
 * @param text SQL with `$1`, `$2` …; it may not depend on the arguments
 */
export function statement<Row extends object, Values extends readonly unknown[]>(
  name: string,
  text: string,
): (pool: pg.Pool, ...values: Values) => Promise<Row[]> {
  return async (pool, ...values) => {
    const { rows } = await pool.query<Row>({ name, text, values: [...values] });
    return rows;
  };
}
