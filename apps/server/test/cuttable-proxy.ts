import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP proxy on loopback in front of a real server, whose line a test can cut and mend. */
export interface CuttableProxy extends AsyncDisposable {
  port: number;
  /** Drops every connection and takes no new one. */
  cut(): Promise<void>;
  /** Takes connections again, on the same port. */
  mend(): Promise<void>;
}

export async function startProxy(target: { host: string; port: number }): Promise<CuttableProxy> {
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  const listen = async (port: number): Promise<Server> => {
    const listening = createServer((near) => {
      const far = connect(target);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
    });
    listening.listen(port, '127.0.0.1');
    await once(listening, 'listening');
    return listening;
  };
  server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = async (): Promise<void> => {
    const closing = server;
    server = null;
    for (const socket of sockets) {
      socket.destroy();
    }
    if (closing) {
      closing.close();
      await once(closing, 'close');
    }
  };
  return {
    port,
    cut,
    async mend() {
      server ??= await listen(port);
    },
    [Symbol.asyncDispose]: cut,
  };
}
