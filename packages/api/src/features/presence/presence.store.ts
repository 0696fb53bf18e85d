import type pg from 'pg';
import type { Pair, PresenceState, PresenceStore } from '../../realtime/presence-store.ts';
import {
  findSights,
  retireNode,
  seeNode,
  sweepNodes,
  writePresences,
  type SightRow,
} from './presence.repository.ts';
import { maySee, roundSeen } from './presence.rules.ts';

/** Who is online on any node, kept in PostgreSQL. @param ttlMs after which a silent node is dead */
export function createPresenceStore(hot: pg.Pool, ttlMs: number): PresenceStore {
  return {
    async refresh(nodeId) {
      const [row] = await seeNode(hot, nodeId);
      return { isNew: row?.is_new ?? false };
    },
    async sweep() {
      const rows = await sweepNodes(hot, ttlMs);
      return [...new Set(rows.map((row) => row.user_id))];
    },
    async write(nodeId, { come, gone }) {
      await writePresences(hot, nodeId, come, gone);
    },
    async retire(nodeId, afterMs) {
      await retireNode(hot, nodeId, ttlMs, Math.min(afterMs, ttlMs));
    },
    async look(pairs) {
      const viewerIds = pairs.map(({ viewerId }) => viewerId);
      const userIds = pairs.map(({ userId }) => userId);
      const rows = await findSights(hot, viewerIds, userIds, ttlMs);
      const states = new Map(
        rows.map((row) => [keyOf({ viewerId: row.viewer_id, userId: row.user_id }), toState(row)]),
      );
      return pairs.map((pair) => states.get(keyOf(pair)) ?? hidden);
    },
  };
}

const hidden: PresenceState = { isOnline: false, lastSeenAt: null };

function keyOf({ viewerId, userId }: Pair): string {
  return `${viewerId}:${userId}`;
}

function toState(row: SightRow): PresenceState {
  const isVisible = maySee({
    isSelf: row.viewer_id === row.user_id,
    areFriends: row.are_friends,
    viewerShows: row.viewer_shows,
    personShows: row.person_shows,
  });
  if (!isVisible) {
    return hidden;
  }
  const { is_online: isOnline, last_seen_at: seenAt } = row;
  return { isOnline, lastSeenAt: isOnline || seenAt === null ? null : roundSeen(seenAt) };
}
