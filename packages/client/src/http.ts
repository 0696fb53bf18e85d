import { createTRPCClient, httpBatchLink, httpLink, type TRPCLink } from '@trpc/client';
import superjson from 'superjson';
import { authorization, epochOf } from './auth-link.ts';
import type { CallRefresh } from './refresh.ts';
import type { AppRouter } from './types.ts';

/** The server takes no more calls in one request. */
const maxItems = 10;
/** Room for a proxy in between; a longer batch of queries is sent in several requests. */
const maxURLLength = 4_000;
const refreshWithinMs = 15_000;

/** Languages in which the server has texts. */
export type Language = 'en' | 'fa';

/** How the server is reached over HTTP. */
export interface HttpOptions {
  /** Where the router is. */
  url: string;
  language: Language;
  /** The key of this device, where there is one. */
  device: () => Promise<string | null>;
  fetch:
    | ((url: string, init?: never) => Promise<{ readonly ok: boolean; json(): Promise<unknown> }>)
    | undefined;
}

/** Calls over HTTP, those of one moment and one session in one request. */
export function callLink(options: HttpOptions): TRPCLink<AppRouter> {
  const link: TRPCLink<AppRouter> = httpBatchLink({
    ...basics(options),
    maxItems,
    maxURLLength,
    headers: async ({ opList }) => ({ ...(await always(options)), ...authorization(opList) }),
  });
  return (runtime) => {
    let epoch: number | null = null;
    let batches = link(runtime);
    return (call) => {
      if (epochOf(call.op) !== epoch) {
        epoch = epochOf(call.op);
        batches = link(runtime);
      }
      return batches(call);
    };
  };
}

/** Refreshes go alone, so that no call of a batch can hold them up, and have to be quick. */
export function createCallRefresh(options: HttpOptions, closed: AbortSignal): CallRefresh {
  const client = createTRPCClient<AppRouter>({
    links: [httpLink({ ...basics(options), headers: () => always(options) })],
  });
  return async (input) => {
    const tooLate = new AbortController();
    const stop = (): void => tooLate.abort();
    const timer = setTimeout(stop, refreshWithinMs);
    closed.addEventListener('abort', stop);
    try {
      return await client.session.refresh.mutate(input, { signal: tooLate.signal });
    } catch (error) {
      if (!tooLate.signal.aborted || closed.aborted) {
        throw error;
      }
      throw new Error('the server did not answer the refresh in time', { cause: error });
    } finally {
      clearTimeout(timer);
      closed.removeEventListener('abort', stop);
    }
  };
}

function basics({ url, fetch: custom }: HttpOptions) {
  return {
    url,
    transformer: superjson,
    ...(custom && {
      fetch: (input: unknown, init: unknown) => custom(String(input), init as never),
    }),
  };
}

/** The headers of every request. */
async function always({ language, device }: HttpOptions): Promise<Record<string, string>> {
  const key = await device();
  return { 'accept-language': language, ...(key !== null && { 'chapar-device': key }) };
}
