import type { Actor } from '@chapar/api/testing';
import type { ChatState } from '../src/chat-state.ts';
import { personOf, type World } from './chat-world.ts';

/** What chance has chosen for one step. */
export interface Step {
  what: string;
  /** Who does it. */
  who: number;
  /** Where. */
  room: number;
  /** To whom, and to what. */
  a: number;
  b: number;
  c: number;
  is: boolean;
}

export interface Scene {
  world: World;
  actor: Actor;
  /** What the actor sees when the step begins. */
  state: ChatState;
  step: Step;
}

const second = 1_000;
export const emojis = ['👍', '❤️', '😂', '🔥', '🎉'];
export const roles = ['reader', 'member', 'moderator', 'admin'] as const;
export const statuses = ['open', 'open', 'open', 'hold', 'closed'] as const;

export function pick<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length];
  if (item === undefined) {
    throw new Error('there is nothing to choose from');
  }
  return item;
}

/** Mostly one of the actor's own conversations, at times any. */
export function anyRoom({ world, state, step }: Scene): string {
  const own = Object.keys(state.chats).toSorted();
  const all = [...world.rooms.map(({ id }) => id), ...world.directs];
  return own.length === 0 || step.b % 8 === 0 ? pick(all, step.room) : pick(own, step.room);
}

/** The same, more often one of many. */
export function anyGroup(scene: Scene): string {
  const { world, state, step } = scene;
  const own = world.rooms.map(({ id }) => id).filter((id) => id in state.chats);
  return own.length === 0 || step.b % 8 === 0 ? anyRoom(scene) : pick(own, step.room);
}

/** A place in a conversation, mostly among the newest. */
export function anySeq({ state, step }: Scene, conversationId: string): number {
  const head = state.chats[conversationId]?.conversation.headSeq ?? 3;
  return Math.max(1, step.is ? head - (step.a % 6) : 1 + (step.a % (head + 2)));
}

/** Mostly a message of the actor's own. */
export function ownSeq(scene: Scene, conversationId: string): number {
  const own = scene.state.chats[conversationId]?.messages.filter(
    ({ senderId, system }) => senderId === scene.actor.id && !system,
  );
  return own?.length && scene.step.c % 4 > 0
    ? pick(own.slice(-5), scene.step.a).seq
    : anySeq(scene, conversationId);
}

/** One of the actor's own that they have rights in, if there is one. */
export function ruledRoom(scene: Scene): string {
  const { world, state, step } = scene;
  const ruled = world.rooms.filter(({ id }) => {
    const role = state.chats[id]?.conversation.role ?? 'reader';
    return role !== 'reader' && role !== 'member';
  });
  return ruled.length === 0 || step.b % 6 === 0 ? anyGroup(scene) : pick(ruled, step.room).id;
}

/** Somebody else, now and then the actor. */
export function otherOf({ world, step }: Scene): string {
  const away = step.c % 9 === 0 ? 0 : 1 + (step.a % (world.people.length - 1));
  return personOf(world, step.who + away).id;
}
export const later = ({ world }: Scene, seconds: number): string =>
  new Date(world.api.clock.now().getTime() + seconds * second).toISOString();
export const newId = ({ world }: Scene): string => world.api.app.deps.newId();

export function mentionsOf({ world, step }: Scene): { mentions?: string[] } {
  return step.c % 2 === 0
    ? { mentions: [personOf(world, step.a).id, personOf(world, step.b).id] }
    : {};
}

export type Action = (scene: Scene) => Promise<unknown>;

export function inRoom(
  where: (scene: Scene) => string,
  act: (scene: Scene, conversationId: string) => Promise<unknown>,
): Action {
  return (scene) => act(scene, where(scene));
}
