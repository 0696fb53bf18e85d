import { defineEntity, p } from '@mikro-orm/postgresql';

/** A conversation's or a person's line of events; its id is the conversation's or the person's. */
export const StreamEntity = defineEntity({
  name: 'Stream',
  tableName: 'streams',
  properties: {
    id: p.uuid().primary(),
    /** Seq of the newest event. */
    headSeq: p.bigint('bigint'),
    /** Position of the newest event. */
    headPos: p.bigint('bigint'),
    /** Of a conversation's stream: seq of the newest message, 0 for none. Here, so that a send changes one row. */
    messageSeq: p.integer().default(0),
    /** When the newest message came. */
    messageAt: p.datetime(3).nullable(),
    /** Whether the conversation takes messages now: it is open, and the people of a direct one are friends. */
    messageOpen: p.boolean().default(true),
    /** A member's pause between two messages; 0 for none. */
    slowSeconds: p.integer().default(0),
  },
});

/** Who may read a stream, and from where. */
export const StreamMemberEntity = defineEntity({
  name: 'StreamMember',
  tableName: 'stream_members',
  properties: {
    userId: p.uuid().primary(),
    streamId: p.uuid().primary(),
    /** Events after this seq are the member's to read. */
    afterSeq: p.bigint('bigint'),
  },
});

/** Partitioned by the day of `at` (UTC), so that old days are dropped whole. */
export const StreamEventEntity = defineEntity({
  name: 'StreamEvent',
  tableName: 'stream_events',
  indexes: [
    { properties: ['streamId', 'pos', 'seq'], name: 'stream_events_stream_pos' },
    { properties: ['pos'], name: 'stream_events_pos' },
  ],
  properties: {
    streamId: p.uuid().primary(),
    seq: p.bigint('bigint').primary(),
    /**
     * At least the writing transaction's id, and never falling within a stream: every event at or
     * above the oldest running transaction's id may still be invisible, none below it can be.
     */
    pos: p.bigint('bigint'),
    type: p.text(),
    at: p.datetime(3).primary(),
    /** Kept as it was written: the same text goes to every reader. */
    body: p.json().columnType('json'),
  },
});

/** One row: what the log has forgotten. */
export const StreamFloorEntity = defineEntity({
  name: 'StreamFloor',
  tableName: 'stream_floor',
  properties: {
    id: p.integer().primary().autoincrement(false),
    /** What stood below this position cannot be served any more. */
    pos: p.bigint('bigint'),
    /**
     * What a position and a cursor differ by. It rises when the database has moved to another cluster,
     * whose transaction ids are others, so that every cursor from before stays below the floor for good.
     */
    base: p.bigint('bigint'),
    /** The PostgreSQL cluster whose transaction ids the positions are (`system_identifier`). */
    cluster: p.bigint('bigint').nullable(),
  },
});
