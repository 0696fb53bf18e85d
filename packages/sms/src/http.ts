import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { rejected, unknown, type Rejected, type Unknown } from './outcome.ts';

/** Connections that rest are closed before providers' servers close them: theirs may cut a request. */
const restMs = 4_000;
const agents = {
  'http:': new HttpAgent({ keepAlive: true, keepAliveMsecs: restMs, timeout: restMs }),
  'https:': new HttpsAgent({ keepAlive: true, keepAliveMsecs: restMs, timeout: restMs }),
};

const largestAnswerBytes = 1_000_000;

/** How long to wait, in milliseconds. */
export interface Timeouts {
  connectMs: number;
  totalMs: number;
}

export const usualTimeouts: Timeouts = { connectMs: 3_000, totalMs: 10_000 };

export interface HttpCall {
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  /** Sent as a form. */
  form?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
}

export interface HttpAnswer {
  status: number;
  body: string;
}

/** No answer: either nothing was written, so nothing was sent, or nobody knows. */
export type HttpFailure = { failed: 'not-sent' } | { failed: 'lost'; reason: 'timeout' | 'reset' };

/**
 * One HTTP exchange. It ends in an answer of any status or in a failure that says whether a byte of
 * the request can have reached the provider; it does not throw. Redirects are not followed, and
 * certificates are checked.
 */
export async function exchange(
  call: HttpCall,
  timeouts: Timeouts,
): Promise<HttpAnswer | HttpFailure> {
  const first = await attempt(call, timeouts);
  const result = first === 'stale' ? await attempt(call, timeouts) : first;
  return result === 'stale' ? { failed: 'not-sent' } : result;
}

/** @returns `stale` when a connection that rested turned out to be closed before a byte was written */
function attempt(call: HttpCall, timeouts: Timeouts): Promise<HttpAnswer | HttpFailure | 'stale'> {
  const { headers, body } = encode(call);
  const request = open(call, headers);
  if (request === null) {
    return Promise.resolve({ failed: 'not-sent' });
  }
  return new Promise((resolve) => {
    let written = false;
    let isTimeout = false;
    let isAnswered = false;
    const stop = (): void => {
      isTimeout = true;
      request.destroy();
    };
    const total = setTimeout(stop, timeouts.totalMs);
    const connect = setTimeout(() => written || stop(), timeouts.connectMs);
    const finish = (result: HttpAnswer | HttpFailure | 'stale'): void => {
      clearTimeout(total);
      clearTimeout(connect);
      resolve(result);
    };
    const fail = (): void => {
      if (written) {
        finish({ failed: 'lost', reason: isTimeout ? 'timeout' : 'reset' });
      } else {
        finish(request.reusedSocket && !isTimeout ? 'stale' : { failed: 'not-sent' });
      }
    };
    const begin = (): void => {
      if (!request.destroyed) {
        written = true;
        clearTimeout(connect);
        request.end(body);
      }
    };
    request.on('socket', (socket) => {
      if (socket.connecting) {
        socket.once(request.protocol === 'https:' ? 'secureConnect' : 'connect', begin);
      } else {
        // From one check to the next there is a poll, in which a close that has come in is noticed.
        setImmediate(() => setImmediate(begin));
      }
    });
    request.on('response', (response) => {
      isAnswered = true;
      read(response).then((text) => finish({ status: response.statusCode ?? 0, body: text }), fail);
    });
    request.on('error', fail);
    // Some ends of a connection come without an error, an unasked change of protocol for example.
    request.on('close', () => isAnswered || fail());
  });
}

/** Null for what Node refuses to begin: a wrong address, a key with a line break in a header. */
function open({ method, url }: HttpCall, headers: Record<string, string>): ClientRequest | null {
  try {
    const isSecure = new URL(url).protocol === 'https:';
    const agent = agents[isSecure ? 'https:' : 'http:'];
    return (isSecure ? httpsRequest : httpRequest)(url, { method, headers, agent });
  } catch {
    return null;
  }
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > largestAnswerBytes) {
      response.destroy();
      break;
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

function encode({ method, headers, form, json }: HttpCall): {
  headers: Record<string, string>;
  body: string;
} {
  const { type, body } = bodyOf(form, json);
  return {
    headers: {
      accept: 'application/json',
      ...(method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      ...(type === null ? {} : { 'content-type': `${type}; charset=UTF-8` }),
      ...headers,
    },
    body,
  };
}

function bodyOf(
  form: Record<string, string> | undefined,
  json: unknown,
): { type: string | null; body: string } {
  if (form) {
    return {
      type: 'application/x-www-form-urlencoded',
      body: new URLSearchParams(form).toString(),
    };
  }
  return json === undefined
    ? { type: null, body: '' }
    : { type: 'application/json', body: JSON.stringify(json) };
}

/** What a failed exchange means for a message that it was to send. */
export function outcomeOfFailure(failure: HttpFailure): Rejected | Unknown {
  return failure.failed === 'not-sent'
    ? rejected(['provider', 'busy'], null)
    : unknown(failure.reason);
}

/**
 * Statuses of proxies and of servers that broke down behind them: whether the message got through
 * is not known (RFC 9110, section 15). Null for every other status.
 */
export function outcomeOfStatus(status: number): Unknown | null {
  if (status === 408) {
    return unknown('timeout', status);
  }
  return status >= 500 && status <= 599 ? unknown('http-5xx', status) : null;
}

/**
 * Texts, which are passed over (one without an end reaches to the end, so that nothing is searched
 * twice), and whole numbers beyond 2^53, which JSON.parse would round. Fractions and exponents may
 * have as many digits as they like.
 */
const bigNumbers = /"(?:[^"\\]|\\.)*"?|(?<![\d.eE+-])-?[1-9]\d{15,}(?![\d.eE])/g;

/**
 * Reads JSON, with whole numbers of 16 digits and more as text; undefined for anything else. A byte
 * order mark before it is passed over (RFC 8259, section 8.1): some servers write one.
 */
export function readJson(text: string): unknown {
  try {
    const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
    return JSON.parse(
      json.replaceAll(bigNumbers, (one) => (one.startsWith('"') ? one : `"${one}"`)),
    );
  } catch {
    return undefined;
  }
}

/** A field of an answer that is an object; undefined otherwise. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** An id as text: providers write numbers, texts and nothing; null for anything else. */
export function idOf(value: unknown): string | null {
  if (typeof value === 'number' && Number.isFinite(value)) {
    return String(value);
  }
  return typeof value === 'string' && value !== '' ? value : null;
}
