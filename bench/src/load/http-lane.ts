import { connect, type Socket } from 'node:net';

const headEnd = Buffer.from('\r\n\r\n');
const lastChunk = Buffer.from('0\r\n\r\n');
const nothing = Buffer.alloc(0);

/** Where a response ends in what has come so far; undefined while it has not come whole. */
export function findEnd(
  bytes: Buffer,
): { status: number; bodyAt: number; end: number } | undefined {
  const headAt = bytes.indexOf(headEnd);
  if (headAt === -1) {
    return undefined;
  }
  const head = bytes.toString('latin1', 0, headAt);
  const status = Number(head.slice(9, 12));
  const bodyAt = headAt + headEnd.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const end = bodyAt + Number(length);
    return bytes.length >= end ? { status, bodyAt, end } : undefined;
  }
  const isWhole = bytes.subarray(-lastChunk.length).equals(lastChunk);
  return isWhole ? { status, bodyAt, end: bytes.length } : undefined;
}

/** One HTTP connection that stays open, with one call at a time. Raw, so that it costs little. */
export class HttpLane {
  readonly #socket: Socket;
  #bytes: Buffer = nothing;
  #resolve: (body: Buffer) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#reject(error));
    socket.on('close', () => this.#reject(new Error('The server closed the connection.')));
  }

  static async open(url: string): Promise<HttpLane> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('error', reject);
    });
    return new HttpLane(socket);
  }

  /**
   * @param request head and body as they go over the wire
   * @returns the body; of a chunked one with its chunk sizes
   * @throws Error for every status but 200, with what the server said
   */
  call(request: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const found = findEnd(this.#bytes);
    if (!found) {
      return;
    }
    const body = this.#bytes.subarray(found.bodyAt, found.end);
    this.#bytes = nothing;
    if (found.status === 200) {
      this.#resolve(body);
    } else {
      this.#reject(new Error(`The server answered ${found.status}: ${body.toString()}`));
    }
  }
}
