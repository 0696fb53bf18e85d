/**
 * The baseline: what a good engineer writes by hand for the same work, to compare with. Fastify,
 * `pg` with named prepared statements, `ws`; no RPC layer, no ORM, no validation of input, no
 * superjson.
 *
 * What it does: it verifies the access token at every call and looks the session up in the same
 * statement that does the work, so that an ended session is refused at once; it checks membership
 * in that statement too; it stores a message before it tells anybody; it spends an attempt before
 * it compares a code, so that parallel guesses are bounded; it pings sockets, ends those that are
 * silent or too slow, and waits for the disk like every client of this PostgreSQL.
 *
 * What it does not do: no idempotency key (a repeated send is a second message), no seq without
 * holes within a room, no read marks, no stored event, so no resume; no rate limits, no friends, no
 * audit log, no rotation of refresh tokens, no limit of sessions, one process only.
 */
import { createSecretKey } from 'node:crypto';
import fastify from 'fastify';
import pg from 'pg';
import { addLive } from './live.ts';
import { addLogin } from './login.ts';
import { addRooms } from './rooms.ts';
import type { Deps } from './deps.ts';

const poolSize = 20;

const { DATABASE_URL, ACCESS_KEY = '', OTP_KEY = '' } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: poolSize });
const server = fastify();
const deps: Deps = {
  pool,
  accessKey: createSecretKey(ACCESS_KEY, 'base64url'),
  otpKey: createSecretKey(OTP_KEY, 'base64url'),
};

const live = addLive(server, deps);
addRooms(server, deps, live);
addLogin(server, deps);

process.once('SIGTERM', () => {
  live.close();
  void server
    .close()
    .then(() => pool.end())
    .then(() => process.exit(0));
});

const address = await server.listen({ host: '127.0.0.1', port: 0 });
console.log(`listens at ${address}`);
