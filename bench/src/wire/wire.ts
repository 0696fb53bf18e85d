import type { Code } from '../harness/tokens.ts';

/** Who opens a socket, and the cursor that they come back with. */
export interface Guest {
  token: string;
  lastEventId?: string | undefined;
}

/** How one side is spoken to: requests as they go over the wire, and marks in what comes back. */
export interface Wire {
  me: (token: string) => string;
  /** The newest 30 messages. */
  list: (token: string, roomId: string) => string;
  send: (token: string, roomId: string) => string;
  login: (code: Code) => string;
  socketPath: string;
  /** What a client says first on a socket. */
  hello: (guest: Guest) => string[];
  /** Stands in the frame after which everything is live. */
  readyMark: Buffer;
  /** Stands once in every frame that brings a message. */
  messageMark: Buffer;
  /** The cursor of the frame with the ready mark. */
  cursorOf: (payload: Buffer) => string;
}

/** Of the length that messages in chats have. */
export const messageText = 'This is a message of the usual length, no more than that.';

export const pageLimit = 30;

export function get(target: string, token: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`;
}

/** @param body of ASCII characters */
export function post(target: string, token: string | null, body: string): string {
  const authorization = token === null ? '' : `Authorization: Bearer ${token}\r\n`;
  const type = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  return `POST ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n${authorization}${type}\r\n${body}`;
}
