import type { CloseCode, Language, Role } from '@chapar/contract';
import type { App } from './app.ts';
import type { Sink } from './realtime/reader.ts';

/**
 * What is known of the connection: one HTTP request (with all the calls of its batch) or one
 * socket. Only facts; whatever can change during a socket's life is made anew for each call.
 */
export interface Connection {
  app: App;
  requestId: string;
  ip: string;
  userAgent: string | null;
  /** A random secret that the device keeps for itself; null from clients that have none. */
  deviceKey: string | null;
  /** Of the texts for people: error messages and SMS. */
  language: Language;
  auth: Auth;
  /** Present on a WebSocket. */
  socket: SocketControl | null;
}

/** Who the access token says is calling. The session behind it is looked up for each call. */
export type Auth =
  /** Until the token ends, in milliseconds since 1970. */
  | { status: 'verified'; userId: string; sessionId: string; expiresAt: number }
  | { status: 'service'; name: string }
  | { status: 'none' }
  | { status: 'invalid' }
  | { status: 'expired' };

/** What the live stream needs of its socket. */
export interface SocketControl {
  /** Names the connection for `stream.renew`. A UUID. */
  id: string;
  /** Claims a place among the streams of this socket; null when there are too many. */
  openStream(): (() => void) | null;
  /** Resolves true when the peer has read enough, false when it reads too slowly. */
  drained(signal: AbortSignal): Promise<boolean>;
  /**
   * A way past the procedure for a subscription's values.
   *
   * @param head JSON text that each of its messages begins with, such as `{"id":1`
   */
  sink(head: string): Sink | null;
  close(code: CloseCode): void;
}

/** One call of one procedure. */
export interface Call {
  app: App;
  connection: Connection;
  /** One instant for everything that the call writes. */
  now: Date;
  signal: AbortSignal;
}

/** As much of a call as what follows from it needs, whoever has caused it. */
export type Cause = Pick<Call, 'app' | 'now'>;

/** A call by somebody whose session is alive. */
export interface SignedInCall extends Call {
  actor: Actor;
}

/** A call by whom the token names. Whether their session is alive has still to be found out. */
export interface ClaimedCall extends Call {
  actor: Pick<Actor, 'userId' | 'sessionId'>;
  /**
   * Says that the session was found alive, by a statement that does nothing without.
   *
   * @param lastSeenMs when it had been seen before, in milliseconds since 1970
   */
  proveSession(lastSeenMs: number): Promise<void>;
}

export interface Actor {
  userId: string;
  sessionId: string;
  role: Role;
  /** When they last proved who they are. */
  authenticatedAt: Date;
}

/** A call by staff, or by another service of the operator with its key. */
export interface SenderCall extends Call {
  sender: { userId: string } | { service: string };
}

/** A call that nobody has made: the process itself, at its start, in a sweep or in a job. */
export function callOfNobody(app: App, reason: 'start' | 'sweep' | 'job'): Call {
  const connection: Connection = {
    app,
    requestId: reason,
    ip: reason,
    userAgent: null,
    deviceKey: null,
    language: 'en',
    auth: { status: 'none' },
    socket: null,
  };
  return { app, connection, now: app.deps.clock.now(), signal: new AbortController().signal };
}
