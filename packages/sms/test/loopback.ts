import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on loopback that answers whatever it is told to, to everything or by path and query. */
export class Loopback {
  readonly #server: Server;
  readonly #answers = new Map<string, { status: number; body: string }>();
  /** Paths and queries that were asked for. */
  readonly asked: string[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      const url = request.url ?? '/';
      this.asked.push(url);
      request.resume().on('end', () => {
        const answer = this.#answers.get(url) ?? this.#answers.get('');
        response.writeHead(answer?.status ?? 404).end(answer?.body);
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  /** Forgets all answers but this one. @param body a text as it is, anything else as JSON */
  always(status: number, body: unknown): void {
    this.#answers.clear();
    this.at('', status, body);
  }

  /** @param url path and query, or nothing for all that have no answer of their own */
  at(url: string, status: number, body: unknown): void {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    this.#answers.set(url, { status, body: text });
  }
}
