import { resultToWire } from '@chapar/api';
import {
  callTRPCProcedure,
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  type AnyTRPCProcedure,
  type AnyTRPCRouter,
  type TRPCError,
  type TRPCErrorShape,
} from '@trpc/server';
import { getHTTPStatusCode } from '@trpc/server/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readRequest, type CallRequest } from './http-request.ts';
import { retryAfter } from './retry-after.ts';

/** What calls over HTTP are answered with. */
export interface HttpCalls {
  router: AnyTRPCRouter;
  /** Most calls in one request. */
  maxBatchSize: number;
  /** Made once for a request with all of its calls. */
  createContext(request: FastifyRequest): object;
  onError(request: FastifyRequest, failed: { error: TRPCError; path: string | undefined }): void;
}

/**
 * Answers the usual requests: calls with JSON, of procedures that exist, by the method that is
 * theirs. It does what tRPC's own adapter does without the objects of the Fetch API, which cost
 * more than the calls; a test compares the two.
 *
 * @returns false for a request that is of another kind; nothing has been done with it then
 */
export function createHttpCalls(
  calls: HttpCalls,
): (request: FastifyRequest, reply: FastifyReply) => Promise<boolean> {
  // tRPC keeps all procedures flat under their paths, which its types do not say.
  const procedures = calls.router._def.procedures as unknown as Record<string, AnyTRPCProcedure>;
  const types = new Map(Object.entries(procedures).map(([path, { _def }]) => [path, _def.type]));
  return async (request, reply) => {
    const read = readRequest(request, { types, maxBatchSize: calls.maxBatchSize });
    if (!read) {
      return false;
    }
    const ctx = calls.createContext(request);
    const signal = whileConnected(reply);
    const { paths, isBatch } = read;
    const answers = await Promise.all(
      paths.map((path, batchIndex) =>
        answer(calls, request, read, { path, batchIndex, ctx, signal }),
      ),
    );
    const text = answers.map((one) => one.text).join(',');
    send(reply, isBatch ? `[${text}]` : text, answers);
    return true;
  };
}

/** Aborted when the client goes away before its answer. */
function whileConnected({ raw }: FastifyReply): AbortSignal {
  const abort = new AbortController();
  raw.once('close', () => {
    if (!raw.writableEnded) {
      abort.abort();
    }
  });
  return abort.signal;
}

interface Answer {
  text: string;
  status: number;
  error: TRPCError | null;
}

async function answer(
  calls: HttpCalls,
  request: FastifyRequest,
  read: CallRequest,
  call: { path: string; batchIndex: number; ctx: object; signal: AbortSignal },
): Promise<Answer> {
  const { type } = read;
  const { path, batchIndex, ctx } = call;
  const { router } = calls;
  const { _config: config } = router._def;
  const { input, output } = config.transformer;
  try {
    const getRawInput = (): Promise<unknown> => read.readInput(input, batchIndex);
    const data: unknown = await callTRPCProcedure({ ...call, router, type, getRawInput });
    return {
      text: resultToWire(data, (result) => output.serialize(result) as unknown),
      status: 200,
      error: null,
    };
  } catch (error_) {
    const error = getTRPCErrorFromUnknown(error_);
    calls.onError(request, { error, path });
    const facts = { config, error, type, path, input: undefined, ctx };
    const shape = getTRPCErrorShape(facts) as TRPCErrorShape;
    const text = JSON.stringify({ error: output.serialize(shape) as unknown });
    return { text, status: getHTTPStatusCode({ error: shape }, [error]), error };
  }
}

/** As tRPC's own adapter has it: answers depend on who asks for a stream. */
const vary = 'trpc-accept, accept';

function send(reply: FastifyReply, text: string, answers: readonly Answer[]): void {
  const statuses = new Set(answers.map(({ status }) => status));
  const [status = 200] = statuses;
  reply
    .code(statuses.size === 1 ? status : 207)
    .header('vary', varyOf(reply))
    .header('content-type', 'application/json')
    .headers(retryAfter(answers.map(({ error }) => error)))
    // Otherwise Fastify adds a charset, which JSON has none of (RFC 8259, section 11).
    .serializer(asItIs)
    .send(text);
}

/** Beside what has been said already: by CORS, that it depends on the page. */
function varyOf(reply: FastifyReply): string {
  const said = reply.getHeader('vary');
  return typeof said === 'string' ? `${said}, ${vary}` : vary;
}

function asItIs(text: unknown): string {
  return text as string;
}
