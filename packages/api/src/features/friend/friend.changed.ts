import type { Cause } from '../../call.ts';
import type { Tx } from '../../database/transaction.ts';

/**
 * Lets other features follow two people who have become friends, or are friends no more: in the same
 * transaction, and before anything is told to anybody's own line.
 */
export async function followChange(cause: Cause, tx: Tx, a: string, b: string): Promise<void> {
  for (const follow of cause.app.friendshipChanged) {
    await follow(cause, tx, [a, b]);
  }
}
