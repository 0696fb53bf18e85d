import type { SystemNote } from '@chapar/contract';
import { Dice } from './dice.ts';
import type { DemoPerson } from './people.ts';
import type { DemoRoom } from './rooms.ts';
import { say } from './texts.ts';
import { emojis } from './words.ts';

/** A message of the demo data; people by their numbers, instants in milliseconds since 1970. */
export interface DemoMessage {
  seq: number;
  id: string;
  sender: number;
  text: string;
  sentMs: number;
  extra: { replyToSeq?: number; mentions?: string[]; system?: SystemNote } | null;
  mentions: number[];
  reactions: { person: number; emoji: string; ms: number }[];
  /** What it said before. */
  before: string | null;
  editedMs: number | null;
  deletedMs: number | null;
}

/** How far a member has come, in the order of the room's places. */
export interface DemoMark {
  readSeq: number;
  deliveredSeq: number;
  /** What they have deleted for themselves. */
  hidden: number[];
  isPinned: boolean;
}

export interface DemoTalk {
  messages: DemoMessage[];
  marks: DemoMark[];
  /** Pinned for everybody. */
  pins: number[];
}

const chances = {
  sameSender: 0.35,
  reply: 0.12,
  mention: 0.05,
  reaction: 0.08,
  edit: 0.02,
  removal: 0.004,
  allRead: 0.6,
  hide: 0.02,
  pin: 0.05,
};
const editWithinMs = 600_000;
const reactWithinMs = 3_600_000;

/** What is said in a room. */
export function talk(seed: string, room: DemoRoom, people: readonly DemoPerson[]): DemoTalk {
  const dice = new Dice(seed, 'talk', room.n);
  const writers = room.kind === 'channel' ? 3 : room.places.length;
  const ownSeqs = new Map<number, number>();
  const times = timesOf(dice, room);
  const messages: DemoMessage[] = [];
  let sender = room.places[0]?.person ?? 0;
  for (const [index, sentMs] of times.entries()) {
    const seq = index + 1;
    const note = noteOf(room, seq, people);
    if (!note && !dice.chance(chances.sameSender)) {
      // Who stands first in the list says most.
      sender = room.places[Math.floor(dice.roll() ** 1.5 * writers)]?.person ?? sender;
    }
    const id = dice.id(sentMs);
    ownSeqs.set(sender, seq);
    messages.push(
      note
        ? { ...plain({ seq, id, sender, sentMs }), extra: { system: note } }
        : makeMessage(dice, { room, people, seq, id, sender, sentMs }),
    );
  }
  const pins = messages.filter(({ extra, deletedMs }) => !extra && deletedMs === null).slice(0, 3);
  return {
    messages,
    marks: room.places.map(({ person }) => markOf(dice, room, ownSeqs.get(person) ?? 0)),
    pins: dice.chance(chances.pin * 4) ? pins.map(({ seq }) => seq) : [],
  };
}

/** Rising instants: some messages at a stretch, then a pause. The last one is the room's own. */
function timesOf(dice: Dice, { messages, createdMs, lastMs }: DemoRoom): number[] {
  let at = 0;
  const places = Array.from({ length: messages }, () => {
    at += dice.chance(0.85) ? dice.roll() : 60 * dice.roll() ** 2;
    return at;
  });
  const span = lastMs - createdMs;
  return places.map((place) => createdMs + Math.floor((place / at) * span));
}

/** What a room of many begins with. */
function noteOf(
  { kind, places }: DemoRoom,
  seq: number,
  people: readonly DemoPerson[],
): SystemNote | null {
  if (kind === 'direct' || seq > 2) {
    return null;
  }
  if (seq === 1) {
    return { type: 'created' };
  }
  const userIds = places.slice(1).map(({ person }) => people[person]?.id ?? '');
  return kind === 'group' ? { type: 'membersAdded', userIds } : null;
}

function plain(facts: Pick<DemoMessage, 'seq' | 'id' | 'sender' | 'sentMs'>): DemoMessage {
  const nothing = { text: '', extra: null, before: null, editedMs: null, deletedMs: null };
  return { ...facts, ...nothing, mentions: [], reactions: [] };
}

interface Wanted extends Pick<DemoMessage, 'seq' | 'id' | 'sender' | 'sentMs'> {
  room: DemoRoom;
  people: readonly DemoPerson[];
}

function makeMessage(dice: Dice, { room, people, ...facts }: Wanted): DemoMessage {
  const message = plain(facts);
  const { seq, sender, sentMs } = facts;
  if (dice.chance(chances.removal)) {
    return { ...message, deletedMs: sentMs + dice.below(editWithinMs) };
  }
  const { kind, language, places } = room;
  message.text = say(dice, language);
  const replyToSeq =
    seq > 3 && dice.chance(chances.reply) ? seq - 1 - dice.below(Math.min(seq - 3, 20)) : null;
  if (kind === 'group' && dice.chance(chances.mention)) {
    const { person } = dice.pick(places);
    message.mentions = person === sender ? [] : [person];
  }
  if (replyToSeq !== null || message.mentions.length > 0) {
    message.extra = {
      ...(replyToSeq !== null && { replyToSeq }),
      ...(message.mentions.length > 0 && {
        mentions: message.mentions.map((person) => people[person]?.id ?? ''),
      }),
    };
  }
  if (dice.chance(chances.edit)) {
    message.before = message.text;
    message.text = `${message.text} ${say(dice, language)}`;
    message.editedMs = sentMs + dice.below(editWithinMs);
  }
  if (dice.chance(chances.reaction)) {
    const count = Math.min(places.length, 1 + dice.below(kind === 'direct' ? 1 : 5));
    const who = new Set(Array.from({ length: count }, () => dice.pick(places).person));
    message.reactions = [...who].map((person) => {
      return { person, emoji: dice.pick(emojis), ms: sentMs + dice.below(reactWithinMs) };
    });
  }
  return message;
}

function markOf(dice: Dice, { messages }: DemoRoom, ownSeq: number): DemoMark {
  const behind = dice.chance(chances.allRead) ? 0 : dice.below(1 + Math.min(messages, 60));
  const readSeq = Math.max(ownSeq, messages - behind);
  const deliveredSeq = Math.max(readSeq, messages - Math.floor(behind * dice.roll() ** 2));
  const hides = messages > 20 && dice.chance(chances.hide);
  const hidden = hides ? [messages - dice.below(5), messages - 6 - dice.below(5)] : [];
  return { readSeq, deliveredSeq, hidden, isPinned: dice.chance(chances.pin) };
}
