import { HttpLane } from './http-lane.ts';

/** How a number of calls went. */
export interface LoadResult {
  wallMs: number;
  /** Of each call, in milliseconds. */
  latencies: Float64Array;
}

export interface Load {
  url: string;
  /** Calls under way at once. */
  lanes: number;
  calls: number;
  /** Head and body of call number `i`. */
  request: (i: number) => string;
  signal: AbortSignal;
}

/** Makes calls over as many connections as calls may be under way; connecting is not counted. */
export async function runLoad({ url, lanes, calls, request, signal }: Load): Promise<LoadResult> {
  const open = await Promise.all(Array.from({ length: lanes }, () => HttpLane.open(url)));
  try {
    const latencies = new Float64Array(calls);
    let next = 0;
    const drive = async (lane: HttpLane): Promise<void> => {
      while (next < calls) {
        signal.throwIfAborted();
        const i = next;
        next += 1;
        const started = performance.now();
        await lane.call(request(i));
        latencies[i] = performance.now() - started;
      }
    };
    const started = performance.now();
    await Promise.all(open.map(drive));
    return { wallMs: performance.now() - started, latencies };
  } finally {
    for (const lane of open) {
      lane.close();
    }
  }
}
