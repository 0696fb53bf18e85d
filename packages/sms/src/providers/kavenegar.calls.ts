import { exchange, usualTimeouts, type HttpCall, type Timeouts } from '../http.ts';
import { unknown } from '../outcome.ts';
import {
  listOf,
  readAnswer,
  type KavenegarAnswer,
  type KavenegarBody,
} from './kavenegar.answers.ts';

export interface KavenegarClientOptions {
  /** Stands in the path of every call: it is never in an outcome or an error of ours. */
  apiKey: string;
  url?: string;
  timeouts?: Partial<Timeouts>;
}

/** Fields of a call; those that are undefined are left out. */
export type KavenegarParameters = Record<string, string | undefined>;

type Verb = HttpCall['method'];

/** How methods are called and their answers read. GET is for questions. */
export interface KavenegarCalls {
  /** Any method by its name, such as `line/blocked/add`. */
  ask: (
    method: string,
    parameters?: KavenegarParameters,
    verb?: Verb,
  ) => Promise<KavenegarAnswer<KavenegarBody>>;
  /** All entries. "None" is an empty list; nothing at all in its place is no answer. */
  list: <T>(
    method: string,
    parameters: KavenegarParameters,
    read: (entry: unknown) => T,
    verb?: Verb,
  ) => Promise<KavenegarAnswer<T[]>>;
  /** The one entry; one that cannot be read is no answer. */
  one: <T>(
    method: string,
    parameters: KavenegarParameters,
    read: (entry: unknown) => T | null,
    verb?: Verb,
  ) => Promise<KavenegarAnswer<T>>;
}

/** Beyond this a question is posted: many servers take no address of more than 8 KB. */
const longestQuery = 4_000;

export function createKavenegarCalls(options: KavenegarClientOptions): KavenegarCalls {
  const { apiKey, url = 'https://api.kavenegar.com' } = options;
  const timeouts = { ...usualTimeouts, ...options.timeouts };

  const ask: KavenegarCalls['ask'] = async (method, parameters = {}, verb = 'GET') => {
    const address = `${url}/v1/${encodeURIComponent(apiKey)}/${method}.json`;
    const form = withoutUndefined(parameters);
    // Commas stand as they are: the documentation writes lists so.
    const query = new URLSearchParams(form).toString().replaceAll('%2C', ',');
    const isPosted = verb === 'POST' || (verb === 'GET' && query.length > longestQuery);
    const call: HttpCall = isPosted
      ? { method: 'POST', url: address, form }
      : { method: verb, url: query === '' ? address : `${address}?${query}` };
    return readAnswer(await exchange(call, timeouts));
  };

  const list: KavenegarCalls['list'] = async (method, parameters, read, verb) => {
    const answer = await ask(method, parameters, verb);
    if (answer.outcome !== 'answered') {
      return answer;
    }
    const { entries } = answer.value;
    const all = listOf(entries);
    return all.length > 0 || Array.isArray(entries)
      ? { outcome: 'answered', value: all.map(read) }
      : unknown('bad-body', 200);
  };

  const one: KavenegarCalls['one'] = async (method, parameters, read, verb) => {
    const answer = await list(method, parameters, read, verb);
    if (answer.outcome !== 'answered') {
      return answer;
    }
    const [value = null] = answer.value;
    return value === null ? unknown('bad-body', 200) : { outcome: 'answered', value };
  };

  return { ask, list, one };
}

/** Lists that are longer than one call takes, in pieces. */
export function chunksOf<T>(list: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < list.length; start += size) {
    chunks.push(list.slice(start, start + size));
  }
  return chunks;
}

/** Seconds since 1970, as all times are written. */
export function secondsOf(date: Date | undefined): string | undefined {
  return date === undefined ? undefined : String(Math.floor(date.getTime() / 1_000));
}

function withoutUndefined(parameters: KavenegarParameters): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
