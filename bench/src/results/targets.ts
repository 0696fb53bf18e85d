/** What a figure has to be, and what is aimed at. */
export interface Target {
  /** `ratio`: ours as a multiple of the baseline. `value`: ours by itself, in the row's unit. */
  of: 'ratio' | 'value';
  /** Whether it is to be at most, or at least, the bound. */
  is: 'at most' | 'at least';
  must: number;
  aim: number;
}

const atMost = (of: Target['of'], must: number, aim: number): Target => ({
  of,
  is: 'at most',
  must,
  aim,
});

/** Every target. Ratios are against the hand-written baseline of the same run. */
export const targets = {
  me: atMost('ratio', 1.4, 1.15),
  list: atMost('ratio', 1.4, 1.15),
  send: atMost('ratio', 1.5, 1),
  'send-throughput': { of: 'ratio', is: 'at least', must: 0.8, aim: 1.2 },
  latency: atMost('ratio', 1.7, 1.3),
  'fan-out': atMost('ratio', 0.6, 0.4),
  /** The row's baseline is the room of two. */
  channel: atMost('ratio', 1.5, 1.1),
  /** Seconds until all sockets are live again. */
  resume: atMost('value', 30, 10),
  login: atMost('ratio', 2.5, 1.5),
  /** KiB a socket, with 10,000 of them. */
  idle: atMost('value', 22, 16),
  /** The row's baseline is the small database. */
  big: atMost('ratio', 1.2, 1.05),
  /** Seconds. */
  start: atMost('value', 1.5, 0.8),
} as const satisfies Record<string, Target>;

export type TargetName = keyof typeof targets;

export type Verdict = 'aim met' | 'met' | 'missed';

/** What a figure says of its target. NaN misses every one. */
export function judge(target: Target, figure: number): Verdict {
  const holds = (bound: number): boolean =>
    target.is === 'at most' ? figure <= bound : figure >= bound;
  if (holds(target.aim)) {
    return 'aim met';
  }
  return holds(target.must) ? 'met' : 'missed';
}
