const shortest = 126;
const medium = 65_536;

/**
 * A text message as one unmasked frame, as servers send it (RFC 6455, section 5.2).
 *
 * @returns header and payload in one buffer
 */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = headerFor(length);
  const frame = Buffer.allocUnsafe(header.length + length);
  header.copy(frame);
  frame.write(text, header.length);
  return frame;
}

/** FIN, and the opcode of text. */
const finalText = 0x81;

function headerFor(length: number): Buffer {
  if (length < shortest) {
    return Buffer.from([finalText, length]);
  }
  if (length < medium) {
    const header = Buffer.from([finalText, 126, 0, 0]);
    header.writeUInt16BE(length, 2);
    return header;
  }
  const header = Buffer.alloc(10);
  header.set([finalText, 127]);
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
