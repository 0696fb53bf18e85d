import type { Call } from '../call.ts';
import type { LiveEvent } from '../realtime/live-event.ts';
import { isConflict } from './conflict.ts';
import type { Db } from './tables.ts';

/** An open transaction with the events that the hub is told of once it has committed. */
export interface Tx {
  db: Db;
  told: LiveEvent[];
}

const tries = 4;

/**
 * Runs `work` in one transaction and tells the hub afterwards. After a conflict, such as a deadlock,
 * it is tried again up to three times, so `work` must be free of effects outside the transaction; a
 * network call has no place in it.
 */
export async function transaction<T>(call: Call, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const told: LiveEvent[] = [];
    try {
      const result = await call.app.db.transaction().execute((db) => work({ db, told }));
      if (told.length > 0) {
        call.app.deps.hub.publish(told);
      }
      return result;
    } catch (error) {
      if (attempt === tries || !isConflict(error)) {
        throw error;
      }
    }
  }
}
