import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { exchange, type HttpCall } from '../src/http.ts';
import { block, serve, serveAndClose, serveRaw } from './http.servers.ts';

const timeouts = { connectMs: 5_000, totalMs: 5_000 };
const notSent = { failed: 'not-sent' };
const reset = { failed: 'lost', reason: 'reset' };
const timeout = { failed: 'lost', reason: 'timeout' };

function post(url: string): HttpCall {
  return { method: 'POST', url, form: { to: '+989121110001', text: 'سلام دنیا' } };
}

describe('what is not sent', () => {
  test('is a call to nobody', async () => {
    const { port } = await serveAndClose();
    expect(await exchange(post(`http://127.0.0.1:${port}/`), timeouts)).toEqual(notSent);
  });

  test('is a call to a name that nobody has', async () => {
    const call = post('http://no-such-host.invalid/');
    expect(await exchange(call, { connectMs: 1_000, totalMs: 5_000 })).toEqual(notSent);
  });

  test.each(['', 'no address', 'ftp://127.0.0.1/', 'http://127.0.0.1:99999/'])(
    'is a call to no address: %j',
    async (url) => {
      expect(await exchange(post(url), timeouts)).toEqual(notSent);
    },
  );

  test('is a call with a key that no header can hold', async () => {
    await using it = await serve((_, response) => response.end());
    const call = { ...post(it.url), headers: { 'x-api-key': 'key\r\nx: y' } };
    expect(await exchange(call, timeouts)).toEqual(notSent);
  });

  test('is a call to a server that takes no connections', async () => {
    await using it = await block();
    const before = performance.now();
    expect(await exchange(post(it.url), { connectMs: 300, totalMs: 5_000 })).toEqual(notSent);
    expect(performance.now() - before).toBeGreaterThan(250);
    expect(performance.now() - before).toBeLessThan(3_000);
  });

  test('is a call whose connection cannot be made secret', async () => {
    await using it = await serveRaw((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    expect(await exchange(post(`https://127.0.0.1:${it.port}/`), timeouts)).toEqual(notSent);
  });

  test('is a call to a server that begins no secret', async () => {
    await using it = await serveRaw(() => undefined);
    const call = post(`https://127.0.0.1:${it.port}/`);
    expect(await exchange(call, { connectMs: 200, totalMs: 5_000 })).toEqual(notSent);
    expect(await exchange(call, { connectMs: 5_000, totalMs: 200 })).toEqual(notSent);
  });
});

describe('what is lost', () => {
  const short = { connectMs: 5_000, totalMs: 300 };

  test('is a call without an answer', async () => {
    await using it = await serve(() => undefined);
    expect(await exchange(post(it.url), short)).toEqual(timeout);
  });

  test('is a call whose answer does not end', async () => {
    await using it = await serve((_, response) => {
      response.write('{"status":');
    });
    expect(await exchange(post(it.url), short)).toEqual(timeout);
  });

  test('is a call whose answer comes in drops', async () => {
    await using it = await serve((_, response) => {
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    });
    expect(await exchange(post(it.url), short)).toEqual(timeout);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['cuts the connection', (socket) => socket.destroy()],
    ['resets the connection', (socket) => socket.resetAndDestroy()],
    ['ends the connection', (socket) => socket.end()],
    ['speaks no HTTP', (socket) => socket.end('220 mail.example ESMTP\r\n')],
    [
      'changes the protocol',
      (socket) => {
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
        );
      },
    ],
    ['stops within the head', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')],
    [
      'stops within the body',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"a"'),
    ],
    [
      'stops within a chunk',
      (socket) => {
        socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{"a"');
      },
    ],
  ])('is a call to a server that %s', async (_, answer) => {
    await using it = await serveRaw((socket) => {
      socket.once('data', () => answer(socket));
    });
    expect(await exchange(post(it.url), timeouts)).toEqual(reset);
  });
});

describe('an answer', () => {
  test('comes with its status, and the request as it was meant', async () => {
    const seen: unknown[] = [];
    await using it = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { accept, authorization } = request.headers;
        const [type, length] = [request.headers['content-type'], request.headers['content-length']];
        seen.push([request.method, Buffer.concat(chunks).toString(), type, length]);
        seen.push([accept, authorization]);
        response.writeHead(418).end('سلام');
      });
    });
    const headers = { authorization: 'key' };
    expect(await exchange({ ...post(it.url), headers }, timeouts)).toEqual({
      status: 418,
      body: 'سلام',
    });
    await exchange({ method: 'POST', url: it.url, json: { text: 'سلام' } }, timeouts);
    await exchange({ method: 'GET', url: it.url }, timeouts);
    await exchange({ method: 'DELETE', url: it.url }, timeouts);
    const form = 'to=%2B989121110001&text=%D8%B3%D9%84%D8%A7%D9%85+%D8%AF%D9%86%DB%8C%D8%A7';
    const json = '{"text":"سلام"}';
    const any = ['application/json', undefined];
    expect(seen).toEqual([
      ['POST', form, 'application/x-www-form-urlencoded; charset=UTF-8', String(form.length)],
      ['application/json', 'key'],
      ['POST', json, 'application/json; charset=UTF-8', String(Buffer.byteLength(json))],
      any,
      ['GET', '', undefined, undefined],
      any,
      ['DELETE', '', undefined, '0'],
      any,
    ]);
  });

  test('is whole when its letters come in pieces', async () => {
    await using it = await serve((_, response) => {
      for (const byte of Buffer.from('سلام')) {
        response.write(Buffer.from([byte]));
      }
      response.end();
    });
    expect(await exchange(post(it.url), timeouts)).toEqual({ status: 200, body: 'سلام' });
  });

  test('is not read beyond a megabyte', async () => {
    await using it = await serve((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(100_000))) {
          // Until the connection takes no more.
        }
      };
      response.on('drain', more);
      more();
    });
    const answer = await exchange(post(it.url), timeouts);
    expect(answer).toMatchObject({ status: 200 });
    expect('body' in answer && answer.body.length).toBeLessThanOrEqual(1_000_000);
  });

  test('that leads elsewhere is not followed', async () => {
    let calls = 0;
    await using it = await serve((_, response) => {
      calls += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await exchange(post(it.url), timeouts)).toEqual({ status: 302, body: '' });
    expect(calls).toBe(1);
  });

  test('comes over a connection that rested', async () => {
    let connections = 0;
    await using it = await serve((_, response) => response.end('ok'));
    it.server.on('connection', () => {
      connections += 1;
    });
    for (let call = 0; call < 5; call += 1) {
      await exchange(post(it.url), timeouts);
    }
    expect(connections).toBe(1);
    await Promise.all(Array.from({ length: 5 }, () => exchange(post(it.url), timeouts)));
    expect(connections).toBe(5);
  });

  test('comes over a new connection when the one that rested was closed', async () => {
    await using it = await serve((_, response) => response.end('ok'));
    for (let call = 0; call < 20; call += 1) {
      expect(await exchange(post(it.url), timeouts)).toEqual({ status: 200, body: 'ok' });
      it.server.closeAllConnections();
    }
  });

  test('that is missing on a connection that rested is lost, and not asked for again', async () => {
    let calls = 0;
    await using it = await serve((request, response) => {
      calls += 1;
      if (calls === 1) {
        response.end('ok');
      } else {
        request.socket.destroy();
      }
    });
    await exchange(post(it.url), timeouts);
    expect(await exchange(post(it.url), timeouts)).toEqual(reset);
    expect(calls).toBe(2);
  });
});
