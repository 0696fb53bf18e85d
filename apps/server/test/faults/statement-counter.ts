import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { targetOf } from './balancer.ts';

/** A way to PostgreSQL on which the statements are counted that go through. */
export interface StatementCounter extends AsyncDisposable {
  /** Of the database, by this way. */
  url: string;
  /** How often each statement was run: by its name, or by its text where it has none. */
  readonly counts: Map<string, number>;
}

const typeBytes = 1;
const lengthBytes = 4;

export async function startStatementCounter(databaseUrl: string): Promise<StatementCounter> {
  const counts = new Map<string, number>();
  const open = new Set<Socket>();
  const count = (statement: string): void => {
    counts.set(statement, (counts.get(statement) ?? 0) + 1);
  };
  const server = createServer((near) => {
    const far = connect(targetOf(databaseUrl));
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
    near.on('data', createStatementReader(count));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    counts,
    async [Symbol.asyncDispose]() {
      open.forEach((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}

/** Reads what a client of PostgreSQL sends: a first message without a type, then those with one. */
function createStatementReader(count: (statement: string) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  let headBytes = lengthBytes;
  let parsed = '';
  const onMessage = (type: string, body: Buffer): void => {
    const [first = '', second = ''] = body.toString('latin1').split('\0', 2);
    if (type === 'Q') {
      count(first);
    } else if (type === 'P') {
      parsed = second;
    } else if (type === 'B') {
      count(second || parsed);
    }
  };
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= headBytes) {
      const end = headBytes + rest.readInt32BE(headBytes - lengthBytes) - lengthBytes;
      if (rest.length < end) {
        return;
      }
      if (headBytes > lengthBytes) {
        onMessage(rest.toString('latin1', 0, typeBytes), rest.subarray(headBytes, end));
      }
      rest = rest.subarray(end);
      headBytes = typeBytes + lengthBytes;
    }
  };
}
