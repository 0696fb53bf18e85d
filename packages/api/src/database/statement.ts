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
    try {
      return await ask<Row>(pool, { name, text, values: [...values] });
    } catch (error) {
      if (error instanceof Error) {
        // It was made where bytes are read; who has asked is worth more to the reader of a log.
        Error.captureStackTrace(error);
      }
      throw error;
    }
  };
}

/** By callbacks, for each promise would cost a statement that runs often some of its time. */
function ask<Row extends object>(pool: pg.Pool, query: pg.QueryConfig): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    pool.connect((unconnected, client, release) => {
      if (!client) {
        reject(unconnected ?? new Error('The pool gave no connection'));
        return;
      }
      client.on('error', ignore);
      client.query<Row>(query, (error: Error | null, result) => {
        client.removeListener('error', ignore);
        // `pool.query` would close the connection after any error, and with it all that it has prepared.
        release(error && !isAnswer(error) ? error : undefined);
        if (error) {
          reject(error);
        } else {
          resolve(result.rows);
        }
      });
    });
  });
}

/** A connection that is lost tells its query, too. */
function ignore(): void {
  // Nothing is left to be done here.
}

/**
 * Whether the server has said no to what it was asked, on a connection with which all is well: to the values
 * (SQLSTATE classes 22 and 23), for the sake of other transactions (40, 55), or because it took too long. Other
 * errors may be the connection's own, such as a plan that columns have outlived, or a server that takes no
 * writes any more: they would stay with it.
 */
function isAnswer(error: Error): boolean {
  return 'code' in error && /^(22|23|40|55|57014)/.test(String(error.code));
}
