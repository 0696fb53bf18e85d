import { randomUUID } from 'node:crypto';
import { makeToken } from '../harness/tokens.ts';

/** Somebody with an account and a live session; the same on both sides. */
export interface Person {
  userId: string;
  sessionId: string;
  /** E.164. */
  phone: string;
  token: string;
}

/** A conversation of two. */
export interface Room {
  id: string;
  people: readonly [Person, Person];
}

/** Who is there when the measurements begin. */
export interface World {
  people: Person[];
  /** Everybody is in one. */
  rooms: Room[];
  /** So many rooms have messages from the beginning, so many each. */
  told: { rooms: number; messages: number };
}

const told = { rooms: 200, messages: 100 };

/** @param count an even number */
export function makeWorld(count: number): World {
  const people = Array.from({ length: count }, (_, i): Person => {
    const ids = { userId: randomUUID(), sessionId: randomUUID() };
    const phone = `+98912${String(i).padStart(7, '0')}`;
    return { ...ids, phone, token: makeToken(ids) };
  });
  const rooms = people.flatMap((first, i): Room[] => {
    const second = people[i + 1];
    return i % 2 === 0 && second ? [{ id: randomUUID(), people: [first, second] }] : [];
  });
  return { people, rooms, told };
}

/** The item at `i`, starting anew behind the last one. */
export function around<Item>(items: readonly Item[], i: number): Item {
  const item = items[i % items.length];
  if (item === undefined) {
    throw new Error('there is nothing to choose from');
  }
  return item;
}
