import { expect, test } from 'vitest';
import { findEnd } from './http-lane.ts';

test.for([
  ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}', { status: 200, bodyAt: 38, end: 40 }],
  ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{', undefined],
  ['HTTP/1.1 200 OK\r\ncontent-len', undefined],
  [
    'HTTP/1.1 401 No\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    { status: 401, bodyAt: 47, end: 59 },
  ],
  ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n', undefined],
] as const)('the end of an answer: %#', ([text, expected]) => {
  expect(findEnd(Buffer.from(text))).toEqual(expected);
});
