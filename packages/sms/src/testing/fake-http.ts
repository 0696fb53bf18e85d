import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request as a fake's routes see it. */
export interface FakeRequest {
  method: string;
  /** Path and query, as they came. */
  url: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  /** As it came. */
  body: string;
  /** The body read as a form; empty for other kinds. */
  form: URLSearchParams;
  /** The body read as JSON; undefined for other kinds. */
  json: unknown;
}

/** What a fake answers. `drop` cuts the connection instead; `delayMs` comes first. */
export interface FakeReply {
  status: number;
  body: string;
  type?: string;
  delayMs?: number;
  drop?: boolean;
}

/** Writes an answer, in JSON where nothing else is said. */
export function sendReply(response: ServerResponse, { status, body, type }: FakeReply): void {
  response.writeHead(status, { 'content-type': type ?? 'application/json; charset=utf-8' });
  response.end(body);
}

/** Reads a request to its end; null when the client went away before. */
export async function readRequest(incoming: IncomingMessage): Promise<FakeRequest | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) {
      chunks.push(chunk as Buffer);
    }
  } catch {
    return null;
  }
  const body = Buffer.concat(chunks).toString();
  const url = new URL(`http://localhost${incoming.url ?? '/'}`);
  const type = incoming.headers['content-type'] ?? '';
  return {
    method: incoming.method ?? 'GET',
    url: incoming.url ?? '/',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body,
    form: new URLSearchParams(type.includes('form-urlencoded') ? body : ''),
    json: type.includes('json') ? parse(body) : undefined,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
