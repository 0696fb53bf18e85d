import { TRPCError } from '@trpc/server';
import type { FastifyRequest } from 'fastify';

type CallType = 'query' | 'mutation';

/** What turns JSON into the value that it stands for. */
export interface InputTransformer {
  deserialize(json: unknown): unknown;
}

/** One request with its calls. */
export interface CallRequest {
  type: CallType;
  paths: readonly string[];
  isBatch: boolean;
  /**
   * The input of one of the calls. It is parsed when it is first asked for: who may not call is told
   * that before the input is looked at.
   *
   * @throws TRPCError `BAD_REQUEST`
   */
  readInput(transformer: InputTransformer, index: number): Promise<unknown>;
}

const methodOf = { query: 'GET', mutation: 'POST' } as const;
const json = /^\s*application\/json\s*(?:;|$)/i;
const streamed = 'application/jsonl';

/**
 * Reads a request of the usual kind: known procedures of one type by its method, few enough, with
 * JSON in the body or in the address.
 *
 * @returns null for any other
 */
export function readRequest(
  request: FastifyRequest,
  known: { types: ReadonlyMap<string, string>; maxBatchSize: number },
): CallRequest | null {
  const { path } = request.params as { path: string };
  const query = request.query as Record<string, unknown>;
  const isBatch = query['batch'] === '1';
  const paths = isBatch ? path.split(',') : [path];
  const [first = ''] = paths;
  const type = known.types.get(first);
  if (
    (type !== 'query' && type !== 'mutation') ||
    paths.length > known.maxBatchSize ||
    paths.some((one) => known.types.get(one) !== type) ||
    !isUsual(request, query, type)
  ) {
    return null;
  }
  const text = type === 'query' ? query['input'] : request.body;
  const inputs = new Inputs(typeof text === 'string' ? text : '', paths.length, isBatch);
  return {
    type,
    paths,
    isBatch,
    readInput: (transformer, index) => inputs.read(transformer, index),
  };
}

/** Whether nothing in the request asks for more than calls with JSON. */
function isUsual(
  { method, headers }: FastifyRequest,
  query: Record<string, unknown>,
  type: CallType,
): boolean {
  const contentType = headers['content-type'];
  const isJson = contentType === undefined ? type === 'query' : json.test(contentType);
  const { batch, input } = query;
  return (
    method === methodOf[type] &&
    isJson &&
    isTextOrNone(batch) &&
    isTextOrNone(input) &&
    // What could not be decoded is left as it is by Fastify, and not by tRPC.
    !input?.includes('%') &&
    !('connectionParams' in query) &&
    headers['trpc-accept'] === undefined &&
    !headers.accept?.includes(streamed)
  );
}

/** A name that is given twice has a list. */
function isTextOrNone(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

/** The inputs of the calls, parsed together and once. */
class Inputs {
  readonly #text: string;
  readonly #count: number;
  readonly #isBatch: boolean;
  #parsed: readonly unknown[] | null = null;

  constructor(text: string, count: number, isBatch: boolean) {
    this.#text = text;
    this.#count = count;
    this.#isBatch = isBatch;
  }

  /** @throws TRPCError `BAD_REQUEST` */
  read(transformer: InputTransformer, index: number): Promise<unknown> {
    try {
      this.#parsed ??= this.#parse(transformer);
      return Promise.resolve(this.#parsed[index]);
    } catch (error) {
      const message = 'The input is not JSON';
      return Promise.reject(new TRPCError({ code: 'BAD_REQUEST', message, cause: error }));
    }
  }

  #parse(transformer: InputTransformer): readonly unknown[] {
    if (this.#text === '') {
      return [];
    }
    const given: unknown = JSON.parse(this.#text);
    if (!this.#isBatch) {
      return [transformer.deserialize(given)];
    }
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw new TypeError('the inputs of a batch are an object');
    }
    const inputs = given as Record<number, unknown>;
    return Array.from({ length: this.#count }, (_, index) =>
      inputs[index] === undefined ? undefined : transformer.deserialize(inputs[index]),
    );
  }
}
