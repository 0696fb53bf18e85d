import type { StreamBodies, StreamEventType } from '@chapar/contract';
import type { Call } from '../../call.ts';
import type { Tx } from '../../database/transaction.ts';
import { createLiveEvent } from '../../realtime/live-event.ts';
import {
  deleteMember,
  deleteMembers,
  deleteMemberships,
  deleteStream,
  insertEvents,
  insertMembersAtHead,
  insertMembers,
  insertStream,
} from './stream.repository.ts';

/** What an event says, on whatever stream; the body's shape follows from the type. */
export type News = {
  [Type in StreamEventType]: { type: Type; body: StreamBodies[Type] };
}[StreamEventType];

/** An event for a stream. */
export type Told = News & { streamId: string };

/**
 * Appends events in the caller's transaction; the hub is told after the commit. What one stream gets
 * in one call keeps its order.
 */
export async function tell(
  call: Pick<Call, 'now'>,
  tx: Tx,
  events: readonly Told[],
): Promise<void> {
  if (events.length === 0) {
    return;
  }
  const written = events.map(({ streamId, type, body }) => {
    return { streamId, type, body: JSON.stringify(body) };
  });
  const seqs = await insertEvents(tx.db, written, call.now);
  const at = call.now.toISOString();
  for (const [index, event] of written.entries()) {
    tx.told.push(createLiveEvent({ ...event, at, seq: seqs[index] ?? 0 }));
  }
}

/** Opens a person's own line. Called in the transaction that makes the person. */
export async function openPersonalStream(tx: Tx, userId: string): Promise<void> {
  await insertStream(tx.db, userId);
  await insertMembers(tx.db, userId, [userId]);
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
  await insertMembers(tx.db, streamId, userIds);
  return userIds.map((userId) => joined(streamId, userId, 0));
}

/**
 * Lets more people into a stream, from its present head on. Nothing that is appended meanwhile is
 * lost: it waits for this transaction.
 *
 * @returns what to append with {@link tell} in the same transaction; nothing for a member
 */
export async function joinSharedStream(
  tx: Tx,
  streamId: string,
  userIds: readonly string[],
): Promise<Told[]> {
  const rows = await insertMembersAtHead(tx.db, streamId, userIds);
  return rows.map((row) => joined(streamId, row.user_id, Number(row.after_seq)));
}

/**
 * Takes a person out of a stream. The event on the stream itself is the last one that their live
 * sockets get of it, in its very order; the one on their own line tells those who come back later.
 *
 * @returns what to append with {@link tell} in the same transaction; nothing for who was no member
 */
export async function leaveSharedStream(tx: Tx, streamId: string, userId: string): Promise<Told[]> {
  if (!(await deleteMember(tx.db, streamId, userId))) {
    return [];
  }
  const body = { streamId, userId };
  return [
    { streamId, type: 'stream.left', body },
    { streamId: userId, type: 'stream.left', body },
  ];
}

/**
 * Takes many people out of a stream that has come to its end, in one statement however many they are. On
 * the stream itself nothing is said: the caller's own last event there says it to all of them, and there
 * must be none after it.
 *
 * @returns what to append with {@link tell} in the same transaction: one event on the line of each
 */
export async function leaveSharedStreamTogether(
  tx: Tx,
  streamId: string,
  userIds: readonly string[],
): Promise<Told[]> {
  const left = await deleteMembers(tx.db, streamId, userIds);
  return left.map((userId) => {
    return { streamId: userId, type: 'stream.left', body: { streamId, userId } };
  });
}

function joined(streamId: string, userId: string, afterSeq: number): Told {
  return { streamId: userId, type: 'stream.joined', body: { streamId, afterSeq } };
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
