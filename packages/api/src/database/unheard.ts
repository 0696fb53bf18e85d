import { Socket } from 'node:net';
import type pg from 'pg';

/**
 * Gives a connection up that was asked something and on which nothing has come for so long. Packets may
 * be lost without a word to either side: TCP notices after a quarter of an hour, and everybody who gets
 * the connection until then would wait for it. Whoever waits, or asks on it afterwards, is told
 * `ETIMEDOUT`.
 *
 * While nothing is asked a connection may be silent as long as it wants: one that listens, for example.
 *
 * @param ms more than the server lets a statement take
 */
export function giveUpUnheard(client: pg.Client, ms: number): void {
  const { connection } = client;
  const { stream } = connection;
  if (!(stream instanceof Socket)) {
    return;
  }
  let answered = stream.bytesWritten;
  // Before the driver sends what waits for its turn.
  connection.prependListener('readyForQuery', () => {
    answered = stream.bytesWritten;
  });
  stream.setTimeout(ms);
  stream.on('timeout', () => {
    const { bytesRead, bytesWritten } = stream;
    if (bytesWritten === answered) {
      return;
    }
    // What has come while this process stood still is read before that.
    setImmediate(() => {
      if (stream.bytesRead === bytesRead) {
        stream.destroy(new UnheardError());
      }
    });
  });
  client.once('error', (error: Error) => {
    // A transaction is rolled back on it, and callers get the error of that: it has to say what happened.
    Object.assign(client, { query: refuse(error) });
  });
}

function refuse(reason: Error): () => Promise<never> {
  return () => Promise.reject(reason);
}

/** The server has not been heard of for too long. */
class UnheardError extends Error {
  readonly code = 'ETIMEDOUT';

  constructor() {
    super('PostgreSQL does not answer on this connection');
  }
}
