import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Where connections may be led to. */
export interface Target {
  host: string;
  port: number;
}

/**
 * A load balancer without memory: each connection goes to the next target that takes it, and no two of
 * one client need go to the same. A test may cut lines, freeze them, or name other targets.
 */
export interface Balancer extends AsyncDisposable {
  port: number;
  url: string;
  /** Connections that are open. */
  readonly size: number;
  targets: readonly Target[];
  /** Drops a random connection, without a word to either side. */
  cutOne(): void;
  /** Lets nothing through any more on the connections that are open, and closes none: a pulled cable. */
  freeze(): void;
}

interface Line {
  near: Socket;
  far: Socket;
}

export async function startBalancer(targets: readonly Target[]): Promise<Balancer> {
  const lines = new Set<Line>();
  let turn = 0;

  const lead = (near: Socket, triesLeft: number): void => {
    const target = balancer.targets[turn % Math.max(1, balancer.targets.length)];
    turn += 1;
    if (!target || triesLeft === 0) {
      near.destroy();
      return;
    }
    const far = connect(target);
    const refused = (): void => lead(near, triesLeft - 1);
    far.once('error', refused);
    far.once('connect', () => {
      far.off('error', refused);
      join({ near, far });
    });
  };
  const join = (line: Line): void => {
    lines.add(line);
    for (const [from, to] of [
      [line.near, line.far],
      [line.far, line.near],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => {
        lines.delete(line);
        to.destroy();
      });
      from.pipe(to);
    }
  };

  const server = createServer((near) => {
    near.on('error', () => near.destroy());
    lead(near, balancer.targets.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const balancer: Balancer = {
    port,
    url: `http://127.0.0.1:${port}`,
    targets,
    get size() {
      return lines.size;
    },
    cutOne() {
      const line = [...lines][Math.floor(Math.random() * lines.size)];
      line?.near.destroy();
      line?.far.destroy();
    },
    freeze() {
      for (const { near, far } of lines) {
        near.unpipe(far);
        far.unpipe(near);
        near.pause();
        far.pause();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const { near, far } of lines) {
        near.destroy();
        far.destroy();
      }
      server.close();
      await once(server, 'close');
    },
  };
  return balancer;
}

/** Where a server of ours listens. */
export function targetOf(url: string): Target {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
