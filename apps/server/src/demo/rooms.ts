import type { ChatRole, ConversationKind } from '@chapar/contract';
import { Dice } from './dice.ts';
import type { DemoPerson } from './people.ts';
import { countRooms, type DemoSize } from './size.ts';
import { entitle } from './texts.ts';
import { languages, type Language } from './words.ts';

/** Somebody's place in a room, by their number. */
export interface DemoPlace {
  person: number;
  role: ChatRole;
}

/** A conversation of the demo data, without what is said in it. */
export interface DemoRoom {
  n: number;
  id: string;
  kind: ConversationKind;
  language: Language;
  title: string | null;
  isPublic: boolean;
  /** Number of the organization that it belongs to. */
  organization: number | null;
  places: DemoPlace[];
  messages: number;
  createdMs: number;
  lastMs: number;
  slowSeconds: number;
  /** Whether it takes messages: on hold it does not, nor when two people are friends no more. */
  isOpen: boolean;
}

/** An organization with its people, the owner first. */
export interface DemoOrganization {
  id: string;
  name: string;
  handle: string;
  people: number[];
  createdMs: number;
}

/** Everything but what is said. */
export interface DemoPlan {
  organizations: DemoOrganization[];
  rooms: DemoRoom[];
}

const dayMs = 86_400_000;
const days = 90;
/** Nothing is said at the very end, so that what answers it is not in the future. */
const answerMs = 7_200_000;
/** The reader of the demo is in about so many rooms, as far as there are twice as many. */
const roomsOfFirst = 200;
const directPart = 0.7;
const channelPart = 0.02;
const largestGroup = 50;
const largestChannel = 10_000;
const roomsPerOrganization = 500;
const closedPart = 0.01;

/** Decides who is where, and how much is said there. */
export function planRooms(size: DemoSize, people: readonly DemoPerson[]): DemoPlan {
  const organizations = planOrganizations(size, people);
  const counts = shareOut(size.messages, countRooms(size.messages));
  const pairs = new Set<string>();
  const rooms = counts.map((messages, n) =>
    planRoom(size, { n, messages, people, organizations, pairs }),
  );
  return { organizations, rooms };
}

function planOrganizations(
  { seed, messages, endsAt }: DemoSize,
  people: readonly DemoPerson[],
): DemoOrganization[] {
  const count = Math.min(people.length, Math.ceil(countRooms(messages) / roomsPerOrganization));
  return Array.from({ length: count }, (_, n) => {
    const dice = new Dice(seed, 'organization', n);
    const createdMs = Math.floor(endsAt.getTime() - (days + dice.roll()) * dayMs);
    const owner = (n * 7) % people.length;
    const language = people[owner]?.language ?? 'fa';
    const members = choose(dice, people.length, 5 + dice.below(55), [owner]);
    const handle = `demo_${n}`;
    return {
      id: dice.id(createdMs),
      name: entitle(dice, language, 'organizations'),
      handle,
      people: members,
      createdMs,
    };
  });
}

interface RoomWanted {
  n: number;
  messages: number;
  people: readonly DemoPerson[];
  organizations: readonly DemoOrganization[];
  /** Those who have a room of two. */
  pairs: Set<string>;
}

function planRoom(size: DemoSize, wanted: RoomWanted): DemoRoom {
  const { n, messages, people } = wanted;
  const dice = new Dice(size.seed, 'room', n);
  const endMs = size.endsAt.getTime();
  // Most rooms are alive: their newest message is of the last days.
  const lastMs = Math.floor(endMs - answerMs - dice.roll() ** 3 * 0.5 * days * dayMs);
  const createdMs = Math.floor(endMs - (0.6 + 0.4 * dice.roll()) * days * dayMs);
  const facts = { n, id: dice.id(createdMs), messages, createdMs, lastMs };
  const hasFirst = n < 2 || dice.chance(Math.min(0.5, roomsOfFirst / countRooms(size.messages)));
  const roll = dice.roll();
  if (n === 0 || roll < channelPart) {
    return planChannel(dice, wanted, facts);
  }
  const pair = n > 1 && roll < channelPart + directPart ? findPair(dice, wanted, hasFirst) : null;
  if (!pair) {
    return planGroup(dice, wanted, { facts, hasFirst });
  }
  const places = pair.map((person): DemoPlace => ({ person, role: 'member' }));
  const language = pair.every((person) => people[person]?.language === 'fa') ? 'fa' : 'en';
  const isOpen = !dice.chance(closedPart);
  const plain = { title: null, isPublic: false, organization: null, slowSeconds: 0 };
  return { ...facts, ...plain, kind: 'direct', language, places, isOpen };
}

type Facts = Pick<DemoRoom, 'n' | 'id' | 'messages' | 'createdMs' | 'lastMs'>;

function planChannel(dice: Dice, { people }: RoomWanted, facts: Facts): DemoRoom {
  const { length } = people;
  const wanted = facts.n === 0 ? largestChannel : 20 + Math.floor(480 * dice.roll() ** 2);
  const members = choose(
    dice,
    length,
    Math.min(wanted, Math.floor(length * 0.9)),
    facts.n === 0 ? [0] : [],
  );
  const places = members.map((person, i): DemoPlace => {
    return { person, role: (['owner', 'admin', 'admin'] as const)[i] ?? 'reader' };
  });
  const language = facts.n === 0 ? 'fa' : languageOf(dice);
  const title = entitle(dice, language, 'channels');
  const plain = { organization: null, slowSeconds: 0, isOpen: true };
  return {
    ...facts,
    ...plain,
    kind: 'channel',
    language,
    title,
    isPublic: dice.chance(0.5),
    places,
  };
}

function planGroup(
  dice: Dice,
  { people, organizations }: RoomWanted,
  { facts, hasFirst }: { facts: Facts; hasFirst: boolean },
): DemoRoom {
  const organization = dice.chance(0.05) ? dice.below(organizations.length) : null;
  const wanted = 3 + Math.floor((largestGroup - 2) * dice.roll() ** 2.5);
  const among = organization === null ? undefined : organizations[organization]?.people;
  const members = among
    ? choose(dice, among.length, wanted, [0]).map((i) => among[i] ?? 0)
    : choose(dice, people.length, wanted, hasFirst ? [0] : []);
  const places = members.map((person, i): DemoPlace => {
    const other = dice.chance(0.1) ? 'moderator' : 'member';
    return { person, role: (['owner', 'admin'] as const)[i] ?? other };
  });
  const language = languageOf(dice);
  const title = entitle(dice, language, 'groups');
  const isPublic = organization === null && dice.chance(0.05);
  const isOpen = facts.n === 1 || !dice.chance(closedPart);
  const slowSeconds = dice.chance(0.02) ? 10 : 0;
  return {
    ...facts,
    kind: 'group',
    language,
    title,
    isPublic,
    organization,
    slowSeconds,
    places,
    isOpen,
  };
}

function languageOf(dice: Dice): Language {
  const names = Object.keys(languages).length;
  return dice.below(names + 1) < names ? 'fa' : 'en';
}

const tries = 50;

/** Two people who have no room of two yet; null when they are hard to find. */
function findPair(
  dice: Dice,
  { people, pairs }: RoomWanted,
  hasFirst: boolean,
): [number, number] | null {
  for (let i = 0; i < tries; i += 1) {
    const a = hasFirst ? 0 : dice.below(people.length);
    const b = dice.below(people.length);
    const key = `${Math.min(a, b)} ${Math.max(a, b)}`;
    if (a !== b && !pairs.has(key)) {
      pairs.add(key);
      return [a, b];
    }
  }
  return null;
}

/** So many different numbers below `end`, some of them known beforehand. */
function choose(dice: Dice, end: number, count: number, known: readonly number[]): number[] {
  const chosen = new Set(known);
  const most = Math.min(count, end);
  while (chosen.size < most) {
    chosen.add(dice.below(end));
  }
  return [...chosen];
}

const headStart = 20;
const steepness = 0.7;

/** Many rooms are quiet and some are loud; together they have all messages. */
function shareOut(messages: number, rooms: number): number[] {
  const weights = Array.from({ length: rooms }, (_, n) => (n + headStart) ** -steepness);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const counts = weights.map((weight) => Math.floor((messages * weight) / whole));
  let left = messages - counts.reduce((sum, count) => sum + count, 0);
  for (let n = 0; left > 0; n = (n + 1) % rooms, left -= 1) {
    counts[n] = (counts[n] ?? 0) + 1;
  }
  return counts;
}
