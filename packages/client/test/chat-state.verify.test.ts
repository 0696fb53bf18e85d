import { isAppError, procedureList } from '@chapar/api';
import { createTestApi, seeded, type TestApi } from '@chapar/api/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { actions, manyActions } from './chat-actions.ts';
import type { Step } from './chat-scene.ts';
import { settleAll, startFollowing, sumOfHeads, type Follower } from './chat-follower.ts';
import { createWorld, type World } from './chat-world.ts';

const minutes = 60_000;
const games = 6;
const turnsPerGame = 260;
const number = fc.nat(9_999);
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(...manyActions),
  who: fc.nat(4),
  room: number,
  a: number,
  b: number,
  c: number,
  is: fc.boolean(),
});
/** One step, or two by two people at the same time. */
const turn = fc.tuple(step, fc.option(step, { freq: 2, nil: null }));
type Turn = readonly [Step, Step | null];
/** Longer than slow mode at its slowest in a few of them, shorter than any window. */
const turnMs = 1_700;

function stepsOf(count: number) {
  return fc.array(turn, { minLength: count, maxLength: count, size: 'max' });
}

/** What somebody does, in a word; a refusal by its code. */
async function act(world: World, follower: Follower, chosen: Step): Promise<string> {
  const action = actions[chosen.what];
  const { actor, state } = follower;
  try {
    await action?.({ world, actor, state, step: chosen });
    return 'done';
  } catch (error) {
    if (isAppError(error) && error.appCode !== 'INTERNAL') {
      return error.appCode;
    }
    if (error instanceof Error && error.message === 'there is nothing to choose from') {
      return 'nothing';
    }
    throw error;
  }
}

class Play {
  readonly #api: TestApi;
  readonly #world: World;
  readonly #followers: Follower[];
  readonly log: string[] = [];
  readonly counts = new Map<string, number>();
  steps = 0;

  constructor(api: TestApi, world: World, followers: Follower[]) {
    this.#api = api;
    this.#world = world;
    this.#followers = followers;
  }

  async #step(chosen: Step): Promise<string> {
    const follower = this.#followers[chosen.who];
    if (!follower) {
      throw new Error('nobody follows');
    }
    this.steps += 1;
    const { actor } = follower;
    const name = this.#world.people.indexOf(actor);
    const outcome = await act(this.#world, follower, chosen).catch((error: unknown) => {
      this.log.push(`${this.steps} ${name} ${JSON.stringify(chosen)} failed`);
      throw error;
    });
    this.log.push(`${this.steps} ${name} ${JSON.stringify(chosen)} ${outcome}`);
    const key = outcome === 'done' ? chosen.what : `${chosen.what} refused`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    return outcome;
  }

  /** One turn, until everybody has heard of it. A refused one is heard of by nobody. */
  async turn([first, second]: Turn, cuts: readonly number[]): Promise<void> {
    this.#api.clock.advance(turnMs);
    const cut = this.#followers.filter((_, index) => cuts.includes(index));
    cut.forEach((follower) => follower.cut());
    if (second && second.who !== first.who) {
      await Promise.all([this.#step(first), this.#step(second)]);
    } else {
      const before = await sumOfHeads(this.#api);
      const outcome = await this.#step(first);
      if (outcome !== 'done' && first.what !== 'chat.remove') {
        const after = await sumOfHeads(this.#api);
        if (after !== before) {
          throw new Error(`a refusal told ${after - before} events`);
        }
      }
    }
    await Promise.all(cut.map((follower) => follower.resume()));
    await settleAll(this.#api, this.#followers);
  }

  async compare(isFull: boolean): Promise<void> {
    const found = await Promise.all(this.#followers.map((each) => each.difference(isFull)));
    const index = found.findIndex((difference) => difference !== null);
    if (index !== -1) {
      throw new Error(`person ${index} sees something else: ${found[index] ?? ''}`);
    }
  }
}

/** @param cuts who loses the connection during a turn, by its place */
async function play(
  turns: readonly Turn[],
  seed: number,
  cuts: (index: number) => readonly number[],
  end: (it: Play) => Promise<void> = () => Promise.resolve(),
): Promise<Play> {
  await using api = await createTestApi();
  const world = await createWorld(api);
  const followers = await startFollowing(api, world.people, seeded(seed));
  const it = new Play(api, world, followers);
  try {
    for (const [index, chosen] of turns.entries()) {
      await it.turn(chosen, cuts(index));
      if (index % 5 === 4) {
        await it.compare(index % 10 === 9);
      }
    }
    await end(it);
    await it.compare(true);
  } catch (error) {
    throw new Error(`after step ${it.steps}: ${String(error)}\n${it.log.join('\n')}`, {
      cause: error,
    });
  } finally {
    followers.forEach((follower) => follower.stop());
  }
  return it;
}

/** Plays many games; the first that goes wrong is told by its seed, its steps and what is different. */
async function check<Values extends unknown[]>(
  property: fc.IAsyncProperty<Values>,
  numRuns: number,
): Promise<void> {
  const { failed, seed, counterexamplePath, errorInstance } = await fc.check(property, {
    numRuns,
    endOnFailure: true,
  });
  if (failed) {
    const cause = errorInstance instanceof Error ? errorInstance : new Error(String(errorInstance));
    throw new Error(`seed ${seed}, path ${counterexamplePath ?? ''}\n${cause.message}`, { cause });
  }
}

test('every change of a conversation has an action here', () => {
  const mutations = procedureList
    .filter(({ path, type }) => path.startsWith('chat.') && type === 'mutation')
    .map(({ path }) => path);
  const mine = Object.keys(actions).filter((name) => name.startsWith('chat.'));
  expect(mine.toSorted()).toEqual(mutations.toSorted());
});

/** How often something was done, or refused, in all games. */
const counts = new Map<string, number>();

/** Tries what has always been refused, until it is done: chance may have left it out. */
async function tryOthers(it: Play, random: () => number): Promise<void> {
  const any = (): number => Math.floor(random() * 10_000);
  for (const what of Object.keys(actions)) {
    for (let tries = 0; !counts.has(what) && !it.counts.has(what) && tries < 200; tries += 1) {
      const some = { room: any(), a: any(), b: any(), c: any() };
      await it.turn([{ what, who: any() % 5, is: random() < 0.5, ...some }, null], []);
    }
  }
}

test(
  'whatever people do, a snapshot and the events since are what a new snapshot shows',
  async () => {
    let steps = 0;
    let played = 0;
    await check(
      fc.asyncProperty(stepsOf(turnsPerGame), fc.nat(), async (turns, seed) => {
        played += 1;
        const game = await play(
          turns,
          seed,
          () => [],
          (it) => (played === games ? tryOthers(it, seeded(seed)) : Promise.resolve()),
        );
        steps += game.steps;
        for (const [name, count] of game.counts) {
          counts.set(name, (counts.get(name) ?? 0) + count);
        }
      }),
      games,
    );
    expect(steps).toBeGreaterThan(2_000);
  },
  5 * minutes,
);

test('everything was done at least once, and much was refused', () => {
  expect(Object.keys(actions).filter((name) => !counts.has(name))).toEqual([]);
  expect([...counts.keys()].filter((name) => name.endsWith('refused')).length).toBeGreaterThan(20);
});

test(
  'it is the same for people whose connection is lost again and again',
  async () => {
    await check(
      fc.asyncProperty(
        stepsOf(turnsPerGame),
        fc.nat(),
        fc.array(fc.subarray([0, 1, 2, 3, 4]), { minLength: 20, maxLength: 20 }),
        async (turns, seed, cuts) => {
          const game = await play(turns, seed, (index) => cuts[index % cuts.length] ?? []);
          expect(game.steps).toBeGreaterThan(turnsPerGame);
        },
      ),
      1,
    );
  },
  2 * minutes,
);
