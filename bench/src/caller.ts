import { Agent, request } from 'node:http';

/** What came back, and how long that took from the first byte sent to the last one received. */
export interface Answer {
  status: number;
  /** Names and values in turn, as they came. */
  headers: readonly string[];
  body: string;
  ms: number;
}

/**
 * Calls a server over one connection that stays open. Each call comes from a network of its own,
 * which the server has to be told to believe: what is counted by address never runs out.
 */
export class Caller {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #networks = 0;

  constructor(url: string) {
    this.#url = url;
  }

  /** Calls a procedure that changes something. */
  call(path: string, input: object): Promise<Answer> {
    return this.#send('POST', `/trpc/${path}`, JSON.stringify({ json: input }));
  }

  get(path: string): Promise<Answer> {
    return this.#send('GET', path, '');
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: 'GET' | 'POST', path: string, body: string): Promise<Answer> {
    this.#networks += 1;
    const network = `10.${(this.#networks >> 8) & 255}.${this.#networks & 255}`;
    const type = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const headers = { 'x-forwarded-for': `${network}.1`, ...(method === 'POST' && type) };
    return new Promise((resolve, reject) => {
      const options = { method, agent: this.#agent, headers };
      const started = performance.now();
      const call = request(`${this.#url}${path}`, options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('error', reject);
        response.once('end', () => {
          const ms = performance.now() - started;
          const { statusCode: status = 0, rawHeaders } = response;
          resolve({ status, headers: rawHeaders, body: text, ms });
        });
      });
      call.once('error', reject);
      call.end(body);
    });
  }
}
