/** As much of the WHATWG WebSocket as the client needs; browsers, Node and `ws` all fit. */
export interface SocketLike {
  readonly readyState: number;
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** A WebSocket class. */
export type SocketConstructor = new (url: string) => SocketLike;

type EventName = 'open' | 'message' | 'error' | 'close';
type Listener = (this: SupervisedSocket, event: unknown) => void;

/** What the owner of the sockets is told. */
export interface SocketWatch {
  opening(socket: SupervisedSocket): void;
  /** Called with each message, before those who listen to the socket. */
  speaking(socket: SupervisedSocket): void;
  /** Called once, before those who listen to the socket. */
  closed(socket: SupervisedSocket, code: number): void;
}

const openWithinMs = 10_000;
const probeMs = 3_000;
const open = 1;
const closed = 3;
/** RFC 6455: closed without a close frame. */
const abnormal = 1006;

/**
 * A WebSocket that is gone the moment it is given up. Platforms wait for the other side before
 * they say so, Android for up to a minute; here `close` is emitted at once, and whatever the old
 * socket still says is not heard. One that does not open in time is given up as well.
 */
export class SupervisedSocket {
  readonly OPEN = open;

  readonly #inner: SocketLike;
  readonly #watch: SocketWatch;
  readonly #listeners: Record<EventName, Listener[]> = {
    open: [],
    message: [],
    error: [],
    close: [],
  };
  readonly #opening: ReturnType<typeof setTimeout>;
  #probe: ReturnType<typeof setTimeout> | undefined;
  #wasOpen = false;
  #gone = false;

  constructor(inner: SocketLike, watch: SocketWatch) {
    this.#inner = inner;
    this.#watch = watch;
    this.#opening = setTimeout(() => this.close(), openWithinMs);
    inner.onopen = (event: unknown) => {
      clearTimeout(this.#opening);
      this.#wasOpen = true;
      this.#emit('open', event);
    };
    inner.onmessage = ({ data }: { data: unknown }) => {
      clearTimeout(this.#probe);
      this.receive(data);
    };
    inner.onerror = (event: unknown) => this.#finish(abnormal, event);
    inner.onclose = ({ code }: { code: number }) => this.#finish(code);
    watch.opening(this);
  }

  get readyState(): number {
    return this.#gone ? closed : this.#inner.readyState;
  }

  get binaryType(): string {
    return this.#inner.binaryType;
  }

  set binaryType(type: string) {
    this.#inner.binaryType = type;
  }

  addEventListener(name: EventName, listener: Listener): void {
    this.#listeners[name].push(listener);
  }

  removeEventListener(name: EventName, listener: Listener): void {
    this.#listeners[name] = this.#listeners[name].filter((other) => other !== listener);
  }

  send(text: string): void {
    this.#inner.send(text);
  }

  /** Hands a message to those who listen, as if it had come over the network. */
  receive(data: unknown): void {
    if (this.#gone) {
      return;
    }
    this.#watch.speaking(this);
    this.#emit('message', { data });
  }

  close(code?: number): void {
    if (this.#gone) {
      return;
    }
    // Not during the call: whoever closes a socket does not expect to be told before it returns.
    queueMicrotask(() => this.#finish(abnormal));
    this.#inner.close(code);
  }

  /** Asks for a sign of life; without one within 3 s the socket is given up. */
  probe(): void {
    if (this.readyState !== open) {
      return;
    }
    clearTimeout(this.#probe);
    this.#probe = setTimeout(() => this.close(), probeMs);
    this.send('PING');
  }

  #finish(code: number, error?: unknown): void {
    if (this.#gone) {
      return;
    }
    this.#gone = true;
    clearTimeout(this.#opening);
    clearTimeout(this.#probe);
    const inner = this.#inner;
    inner.onopen = null;
    inner.onmessage = null;
    inner.onclose = null;
    // `ws` throws an error that nobody listens to.
    inner.onerror = () => undefined;
    this.#watch.closed(this, code);
    // Who waits for it to open listens to errors only.
    if (error !== undefined || !this.#wasOpen) {
      this.#emit('error', error ?? {});
    }
    this.#emit('close', { code });
  }

  #emit(name: EventName, event: unknown): void {
    for (const listener of this.#listeners[name].slice()) {
      listener.call(this, event);
    }
  }
}
