import type { SocketLike } from '../src/index.ts';

interface Request {
  id?: unknown;
  method: string;
  params?: { lastEventId?: unknown };
}

/** A socket of a network that says nothing by itself. */
export class SilentSocket implements SocketLike {
  static all: SilentSocket[] = [];
  readyState = 0;
  binaryType = '';
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onerror: SocketLike['onerror'] = null;
  onclose: SocketLike['onclose'] = null;
  readonly openedAt = performance.now();
  readonly sent: string[] = [];
  readonly url: string;

  constructor(url: string) {
    this.url = url;
    SilentSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  /** As on Android: the close event waits for the other side. */
  close(): void {
    this.readyState = 2;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  receive(data: unknown): void {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    this.onmessage?.({ data: text } as never);
  }

  /** The other side closes it. */
  closed(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code } as never);
  }

  /** Of the newest subscription. */
  get requestId(): unknown {
    return this.#subscription?.id;
  }

  get lastEventId(): unknown {
    return this.#subscription?.params?.lastEventId;
  }

  start(): void {
    this.receive({ id: this.requestId, result: { type: 'started' } });
  }

  deliver(id: string, seq: number): void {
    this.say(id, { type: 'user.updated', streamId: 's', seq, at: '', body: {} });
  }

  say(id: string, event: object): void {
    const json = { id, data: event };
    this.receive({ id: this.requestId, result: { type: 'data', id, data: { json } } });
  }

  get #subscription(): Request | undefined {
    return this.sent
      .filter((text) => text.startsWith('{'))
      .map((text) => JSON.parse(text) as Request)
      .findLast(({ method }) => method === 'subscription');
  }
}
