import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A line to a server that a test can freeze, as a pulled cable does. */
export interface FreezableLine extends AsyncDisposable {
  /** The server's address by way of the line. */
  url: string;
  /** Lets nothing through any more on the connections that are open, and tells nobody. New ones work. */
  freeze(): void;
}

/** Leads connections to the server of `url`. */
export async function startLine(url: string): Promise<FreezableLine> {
  const far = new URL(url);
  const pairs = new Set<readonly [near: Socket, far: Socket]>();
  // A side that ends gets no answer from a line that is frozen.
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const pair = [near, connect(Number(far.port), far.hostname)] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [pair[1], pair[0]] as const]) {
      from.on('error', () => to.destroy());
      from.on('close', () => {
        pairs.delete(pair);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = new URL(url);
  address.hostname = '127.0.0.1';
  address.port = String((server.address() as AddressInfo).port);
  return {
    url: address.href,
    freeze() {
      for (const [one, other] of pairs) {
        one.unpipe(other);
        other.unpipe(one);
        one.pause();
        other.pause();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) {
        pair.forEach((socket) => socket.destroy());
      }
      server.close();
      await once(server, 'close');
    },
  };
}
