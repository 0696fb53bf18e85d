import { Follower } from './follower.ts';

/** What the process of a crowd is asked to do. It is answered when it is done. */
export type CrowdTask =
  /** To have followers: so many for each token, in this order. They are nowhere yet. */
  | { name: 'gather'; tokens: readonly string[]; devices: number }
  /** All come, so many at a time. */
  | { name: 'come'; url: string; atOnce: number }
  /** All come within the time, each at a moment of its own, and try until they are live. */
  | { name: 'comeBack'; url: string; spreadMs: number }
  /** Each waits until it has so many messages. */
  | { name: 'hear'; count: number }
  /** To say how each of them stands. */
  | { name: 'tell' };

/** How a follower stands: the fields of {@link Follower}. */
export type FollowerState = Pick<Follower, 'isHere' | 'messages' | 'opened' | 'closes'>;

/** A task, under the number that its answer will have. */
export interface CrowdRequest {
  number: number;
  task: CrowdTask;
}

/** What became of the task of that number. */
export interface CrowdAnswer {
  number: number;
  /** Why it could not be done. */
  error: string | null;
  /** Of all followers in their order, if that was the task. */
  states: FollowerState[];
}

const followers: Follower[] = [];

async function run(task: CrowdTask): Promise<FollowerState[]> {
  switch (task.name) {
    case 'gather':
      for (const token of task.tokens) {
        followers.push(...Array.from({ length: task.devices }, () => new Follower({ token })));
      }
      return [];
    case 'come':
      await come(task.url, task.atOnce);
      return [];
    case 'comeBack':
      await Promise.all(followers.map((follower) => follower.comeBack(task.url, task.spreadMs)));
      return [];
    case 'hear':
      await Promise.all(followers.map((follower) => follower.until(task.count)));
      return [];
    case 'tell':
      return followers.map(({ isHere, messages, opened, closes }) => ({
        isHere,
        messages,
        opened,
        closes,
      }));
  }
}

async function come(url: string, atOnce: number): Promise<void> {
  const left = followers.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const follower of left) {
        await follower.come(url);
      }
    }),
  );
}

process.on('message', (message) => {
  const { number, task } = message as CrowdRequest;
  const answer = (error: string | null, states: FollowerState[]): void => {
    process.send?.({ number, error, states } satisfies CrowdAnswer);
  };
  run(task).then(
    (states) => answer(null, states),
    (error: unknown) => answer(String(error), []),
  );
});
process.on('disconnect', () => process.exit());
