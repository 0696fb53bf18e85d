const shortLength = 126;
const longLength = 127;
const lastFragment = 0x80;
const masked = 0x80;
const headBytes = 6;
const lengthBytes = 2;

/** Kinds of WebSocket frames (RFC 6455, section 5.2). */
export const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** Cuts what a server sends into frames. Fragmented messages are not put together. */
export class FrameReader {
  #rest: Buffer | null = null;

  /**
   * @param chunk may be used again after the call
   * @param onFrame gets a payload that is good during the call only
   */
  push(chunk: Buffer, onFrame: (opcode: number, payload: Buffer) => void): void {
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = null;
    let at = 0;
    while (at < bytes.length) {
      const payload = payloadAt(bytes, at);
      if (!payload || payload.end > bytes.length) {
        this.#rest = Buffer.from(bytes.subarray(at));
        return;
      }
      onFrame(bytes.readUInt8(at) & 15, bytes.subarray(payload.start, payload.end));
      at = payload.end;
    }
  }
}

/** Where the payload of the frame at `at` starts and ends; null while its head is not whole. */
function payloadAt(bytes: Buffer, at: number): { start: number; end: number } | null {
  const left = bytes.length - at;
  if (left < 2) {
    return null;
  }
  const length = bytes.readUInt8(at + 1) & 127;
  if (length < shortLength) {
    return { start: at + 2, end: at + 2 + length };
  }
  if (length < longLength) {
    return left < 4 ? null : { start: at + 4, end: at + 4 + bytes.readUInt16BE(at + 2) };
  }
  return left < 10
    ? null
    : { start: at + 10, end: at + 10 + Number(bytes.readBigUInt64BE(at + 2)) };
}

/** A client's frame of at most 65,535 bytes. It is masked with zeros, which costs nothing. */
export function makeFrame(opcode: number, payload: Buffer): Buffer {
  const isShort = payload.length < shortLength;
  const head = Buffer.alloc(isShort ? headBytes : headBytes + lengthBytes);
  head[0] = lastFragment | opcode;
  head[1] = masked | (isShort ? payload.length : shortLength);
  if (!isShort) {
    head.writeUInt16BE(payload.length, 2);
  }
  return Buffer.concat([head, payload]);
}
