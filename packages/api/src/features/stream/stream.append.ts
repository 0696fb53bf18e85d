import type { StreamBodies, StreamEventType } from '@chapar/contract';
import type { Call } from '../../call.ts';
import type { Tx } from '../../database/transaction.ts';
import {
  deleteMemberships,
  deleteStream,
  insertEvent,
  insertMember,
  insertStream,
} from './stream.repository.ts';

/** An event for a stream; the body's shape follows from the type. */
export type Told = {
  [Type in StreamEventType]: { streamId: string; type: Type; body: StreamBodies[Type] };
}[StreamEventType];

/**
 * Appends events in the caller's transaction; the hub is told after the commit. Streams are
 * taken in the order of their ids, so that two transactions never wait for each other in a ring.
 * What one person's line gets in one call keeps its order.
 */
export async function tell(call: Call, tx: Tx, events: readonly Told[]): Promise<void> {
  const inOrder = events.toSorted((a, b) =>
    a.streamId < b.streamId ? -1 : Number(a.streamId > b.streamId),
  );
  for (const event of inOrder) {
    const seq = await insertEvent(tx.db, { ...event, at: call.now });
    tx.told.push({ ...event, seq, at: call.now.toISOString() });
  }
}

/** Opens a person's own line. Called in the transaction that makes the person. */
export async function openPersonalStream(tx: Tx, userId: string): Promise<void> {
  await insertStream(tx.db, userId);
  await insertMember(tx.db, { userId, streamId: userId, afterSeq: 0 });
}

/**
 * Opens a stream that several people read and lets them in. Their live sockets follow by the
 * `stream.joined` events, which the caller appends with {@link tell} together with its own.
 */
export async function openSharedStream(
  tx: Tx,
  streamId: string,
  userIds: readonly string[],
): Promise<Told[]> {
  await insertStream(tx.db, streamId);
  for (const userId of userIds) {
    await insertMember(tx.db, { userId, streamId, afterSeq: 0 });
  }
  return userIds.map((userId) => ({
    streamId: userId,
    type: 'stream.joined',
    body: { streamId, afterSeq: 0 },
  }));
}

/** Erases a person's own line and takes them out of all others. */
export async function closePersonalStream(tx: Tx, userId: string): Promise<void> {
  await deleteStream(tx.db, userId);
  await deleteMemberships(tx.db, userId);
}

/** Erases a stream that nobody reads any more. */
export function closeSharedStream(tx: Tx, streamId: string): Promise<void> {
  return deleteStream(tx.db, streamId);
}
