/** What is looked at of a message. */
interface Grouped {
  conversationId: string;
  senderId: string;
  sessionId: string;
  /** ISO 8601. */
  createdAt: string;
}

/** A conversation that is written to. */
interface Room {
  id: string;
  /** Its place among the rooms, from 1 on. */
  n: number;
  /** Messages for it. */
  count: number;
  /** The instant of its newest message. */
  activeAt: string;
}

/** Somebody who writes to a conversation. */
interface Sender {
  /** Of the user. */
  id: string;
  room: Room;
  /** Its place among the senders, from 1 on. */
  n: number;
  /** Place of their last message among those for the room. */
  lastPlace: number;
  /** Messages of theirs for it. */
  count: number;
}

/** One of the sessions in which a sender writes. */
interface SenderSession {
  id: string;
  sender: Sender;
  /** Its place among the sessions, from 1 on. */
  n: number;
}

interface Groups {
  /** By rising id, the order in which rows are locked. */
  rooms: Room[];
  senders: Sender[];
  sessions: SenderSession[];
  /** Of each message, in their order: whose it is, and its place among those for its room, from 1 on. */
  places: { session: SenderSession; place: number }[];
}

/** Finds what several messages have in common. */
export function groupMessages(messages: readonly Grouped[]): Groups {
  const rooms = new Map<string, Room>();
  const senders = new Map<string, Sender>();
  const sessions = new Map<string, SenderSession>();
  const places = messages.map(({ conversationId, senderId, sessionId, createdAt }) => {
    const room = find(rooms, conversationId, (n) => {
      return { id: conversationId, n, count: 0, activeAt: createdAt };
    });
    const sender = find(senders, `${conversationId} ${senderId}`, (n) => {
      return { id: senderId, room, n, lastPlace: 0, count: 0 };
    });
    const session = find(sessions, `${conversationId} ${senderId} ${sessionId}`, (n) => {
      return { id: sessionId, sender, n };
    });
    room.count += 1;
    room.activeAt = createdAt > room.activeAt ? createdAt : room.activeAt;
    sender.lastPlace = room.count;
    sender.count += 1;
    return { session, place: room.count };
  });
  const inOrder = [...rooms.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  inOrder.forEach((room, index) => {
    room.n = index + 1;
  });
  return {
    rooms: inOrder,
    senders: [...senders.values()],
    sessions: [...sessions.values()],
    places,
  };
}

/** What is under a key, or a new one with the next place. */
function find<Item>(items: Map<string, Item>, key: string, make: (n: number) => Item): Item {
  const found = items.get(key);
  if (found) {
    return found;
  }
  const made = make(items.size + 1);
  items.set(key, made);
  return made;
}
