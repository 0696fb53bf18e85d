import { areaCodes } from './words.ts';

/** How much demo data there is to be. The same seed gives the same data, counted back from the same day. */
export interface DemoSize {
  seed: string;
  messages: number;
  people: number;
  /** The end of the time in which everything happens. */
  endsAt: Date;
}

export const fewestMessages = 1_000;
export const mostMessages = 50_000_000;
export const fewestPeople = 10;
const numbersPerArea = 100;
export const mostPeople = areaCodes.length * numbersPerArea;

const messagesPerRoom = 250;
const fewestRooms = 8;
const peoplePerRoom = 0.6;
const usualFewestPeople = 20;

/** 20,000 for five million messages. */
export function countRooms(messages: number): number {
  return Math.max(fewestRooms, Math.round(messages / messagesPerRoom));
}

/** 12,000 for five million messages, which fills the largest channel. */
export function countPeople(messages: number): number {
  const wanted = Math.round(countRooms(messages) * peoplePerRoom);
  return Math.min(mostPeople, Math.max(usualFewestPeople, wanted));
}

const dayMs = 86_400_000;

/** The beginning of the day (UTC) of an instant. */
export function startOfDay(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / dayMs) * dayMs);
}
