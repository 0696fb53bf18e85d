import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const everyMs = 100;
/** What clients give a connection to be made, and a server to answer. */
const patienceMs = 10_000;

/** How the calls of one caller went. */
export interface CallRecord {
  /** Statuses of the answers and codes of what went wrong, with how often each was met. */
  answers: Record<string, number>;
  slowestMs: number;
}

/** Makes connections as callers do: one that is kept for all calls, or a new one for each. */
export type Connecting = 'kept' | 'new';

/**
 * Asks who it is, over and over.
 *
 * @returns what stops it and tells how it went once everything is answered
 */
export function callSteadily(
  { url, token }: { url: string; token: string },
  connecting: Connecting,
): () => Promise<CallRecord> {
  const agent = connecting === 'kept' ? new Agent({ keepAlive: true, maxSockets: 1 }) : false;
  const record: CallRecord = { answers: {}, slowestMs: 0 };
  const over = new AbortController();
  const call = async (): Promise<void> => {
    const started = performance.now();
    const answer = await ask(`${url}/trpc/user.me`, token, agent);
    record.answers[answer] = (record.answers[answer] ?? 0) + 1;
    record.slowestMs = Math.max(record.slowestMs, performance.now() - started);
  };
  const calling = (async () => {
    const calls: Promise<void>[] = [];
    while (!over.signal.aborted) {
      calls.push(call());
      await wait(everyMs);
    }
    await Promise.all(calls);
  })();
  return async () => {
    over.abort();
    await calling;
    if (agent) {
      agent.destroy();
    }
    return record;
  };
}

/** @returns the status of the answer, or the code of what went wrong */
function ask(url: string, token: string, agent: Agent | false): Promise<string> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(patienceMs);
    const asked = request(url, { agent, headers, signal }, (answer) => {
      answer.on('end', () => resolve(String(answer.statusCode)));
      answer.on('error', (error) => resolve(nameOf(error)));
      answer.resume();
    });
    asked.on('error', (error) => resolve(nameOf(error)));
    asked.end();
  });
}

function nameOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.name;
}
