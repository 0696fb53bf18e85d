import { expect, test } from 'vitest';
import { FrameReader, makeFrame, opcodes } from './frames.ts';

/** Frames of a server, which are not masked. */
function fromServer(opcode: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const length = payload.length;
  if (length < 126) {
    return Buffer.concat([Buffer.from([0x80 | opcode, length]), payload]);
  }
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) {
    head.writeUInt16BE(length, 2);
  } else {
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}

test.for([97, 1_000, 65_536, 1_000_000])('frames are found in chunks of %d bytes', (size) => {
  const texts = ['', 'PING', 'x'.repeat(125), 'y'.repeat(126), 'z'.repeat(70_000)];
  const bytes = Buffer.concat([
    ...texts.map((text) => fromServer(opcodes.text, text)),
    fromServer(opcodes.ping, 'p'),
  ]);
  const reader = new FrameReader();
  const found: [number, string][] = [];
  // As a socket does it: every chunk in the same bytes.
  const buffer = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += buffer.length) {
    const copied = bytes.copy(buffer, 0, at);
    reader.push(buffer.subarray(0, copied), (opcode, payload) => {
      found.push([opcode, payload.toString()]);
    });
  }
  expect(found).toEqual([...texts.map((text) => [opcodes.text, text]), [opcodes.ping, 'p']]);
});

test('frames are found byte by byte', () => {
  const reader = new FrameReader();
  const found: string[] = [];
  for (const byte of fromServer(opcodes.text, 'y'.repeat(200))) {
    reader.push(Buffer.from([byte]), (_opcode, payload) => found.push(payload.toString()));
  }
  expect(found).toEqual(['y'.repeat(200)]);
});

test("a client's frame is masked", () => {
  expect([...makeFrame(opcodes.text, Buffer.from('hi'))]).toEqual([
    0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69,
  ]);
  const long = makeFrame(opcodes.text, Buffer.alloc(300));
  expect([long[1], long.readUInt16BE(2), long.length]).toEqual([0xfe, 300, 308]);
});
