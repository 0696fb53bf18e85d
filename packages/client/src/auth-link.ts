import type { Operation, OperationResultEnvelope, TRPCClientError, TRPCLink } from '@trpc/client';
import { observable, type Unsubscribable } from '@trpc/server/observable';
import { appCodeOf, isTokenRefusal, localError, toClientError } from './errors.ts';
import type { Refresher } from './refresh.ts';
import type { Credential, Session, TokenPair } from './session.ts';
import type { AppRouter } from './types.ts';

type Failure = TRPCClientError<AppRouter>;
type Caller = Pick<Credential, 'userId' | 'epoch'>;
type Envelope = OperationResultEnvelope<unknown, Failure>;

const contextKey = 'chaparCredential';
/** Their answers hold the tokens of a new session. */
const logins = new Set(['otp.verify', 'password.login', 'password.register']);
/** Afterwards nobody is signed in. */
const signOuts = new Set(['session.end', 'session.removeAll', 'account.remove']);
const refresh = 'session.refresh';

const ownerKey = 'chaparOwner';

/** Context of a call that may go with nobody's token but this person's. */
export function callAs(userId: string): Record<string, string> {
  return { [ownerKey]: userId };
}

/** Somebody else may have signed in since the call was made. */
function checkOwner(op: Operation, { userId }: Credential): void {
  if (op.context[ownerKey] !== undefined && op.context[ownerKey] !== userId) {
    throw localError('AUTH_REQUIRED', 'The person who wrote this is not signed in.');
  }
}

/** The session that a call belongs to. Calls of two sessions may not share a batch. */
export function epochOf(op: Operation): number | null {
  return (op.context[contextKey] as Credential | undefined)?.epoch ?? null;
}

/**
 * The headers of a batch. All of its calls go with one token; each is told which one.
 */
export function authorization(ops: readonly Operation[]): Record<string, string> {
  const credentials = ops
    .map((op) => op.context[contextKey] as Credential | undefined)
    .filter((credential) => credential !== undefined);
  const chosen = credentials.at(-1);
  const accessToken = chosen?.accessToken ?? null;
  for (const op of ops) {
    if (chosen) {
      checkOwner(op, chosen);
    }
  }
  for (const credential of credentials) {
    credential.accessToken = accessToken;
  }
  return accessToken === null ? {} : { authorization: `Bearer ${accessToken}` };
}

/**
 * Sends queries and mutations with a good access token. One that the server refuses is changed
 * and the call is repeated once: a refused call was not done. The tokens of a login are kept.
 */
export function authLink(session: Session, refresher: Refresher): TRPCLink<AppRouter> {
  /** Who made a call, at its first try; all of its tries share the operation. */
  const callers = new WeakMap<Operation, Caller>();
  /** By their epochs where it is not known who they are; a call that nobody made is anybody's. */
  const isSomebodyElse = (caller: Caller, { userId, epoch, accessToken }: Credential): boolean =>
    caller.userId !== null && userId !== null
      ? userId !== caller.userId
      : accessToken !== null && epoch !== caller.epoch && session.wasSignedIn(caller.epoch);

  return () =>
    ({ op, next }) =>
      observable((observer) => {
        let current: Unsubscribable | null = null;
        let stopped = false;
        let finish = (): void => undefined;
        const finished = new Promise<void>((resolve) => {
          finish = resolve;
        });
        const isLogin = logins.has(op.path);
        if (isLogin) {
          session.underWay.login(finished);
        } else if (signOuts.has(op.path)) {
          session.underWay.signOut(finished);
        }

        /** One try; resolves with the answer, rejects with what the link below failed by. */
        const send = (credential: Credential): Promise<Envelope[]> =>
          new Promise((resolve, reject) => {
            const answers: Envelope[] = [];
            if (stopped) {
              return;
            }
            checkOwner(op, credential);
            current = next({
              ...op,
              context: { ...op.context, [contextKey]: credential },
            }).subscribe({
              next: (envelope) => answers.push(envelope),
              error: reject,
              complete: () => resolve(answers),
            });
          });

        const run = async (): Promise<void> => {
          const caller = callers.get(op) ?? { userId: session.userId, epoch: session.epoch };
          // Before anything is waited for: a try may be given up at any time.
          callers.set(op, caller);
          // A refresh that fails is no reason not to ask: the procedure may need no token.
          const refreshError = await failureOf(refresher.current());
          const credential = await session.credential();
          if (!isLogin && isSomebodyElse(caller, credential)) {
            throw localError('AUTH_REQUIRED', 'Somebody else has signed in.');
          }
          callers.set(op, caller.userId === null ? credential : caller);
          const answers = await send(credential).catch(async (error: unknown) => {
            if (refreshError !== null && isAuthError(error)) {
              throw refreshError;
            }
            if (!(await mayRepeat(error, credential))) {
              throw error;
            }
            const again = await session.credential();
            if (again.epoch !== credential.epoch) {
              throw error;
            }
            return send(Object.assign(credential, again));
          });
          for (const envelope of answers) {
            await keep(envelope, credential);
            observer.next(envelope);
          }
          observer.complete();
        };

        /** Sees to the tokens after a refusal. @returns whether there are others to try with */
        const mayRepeat = async (error: unknown, credential: Credential): Promise<boolean> => {
          const { accessToken } = credential;
          if (accessToken === null) {
            return false;
          }
          if (isTokenRefusal(error)) {
            return (await refresher.renew(accessToken)) !== null;
          }
          if (appCodeOf(error) === 'SESSION_ENDED' && op.path !== refresh && !isLogin) {
            await session.endOf(credential);
          }
          return false;
        };

        const keep = async ({ result }: Envelope, credential: Credential): Promise<void> => {
          const { epoch, accessToken } = credential;
          if (signOuts.has(op.path)) {
            await session.end('signed-out', epoch, accessToken);
          }
          const data: unknown = 'data' in result ? result.data : null;
          if (!isTokenPair(data)) {
            return;
          }
          if (op.path === refresh) {
            const { refreshToken } = op.input as { refreshToken: string };
            await session.alone(() => session.renew(data, epoch, refreshToken));
          } else if (isLogin) {
            await session.start(data, userIdOf(data));
          }
        };

        run().catch((error: unknown) => observer.error(toClientError(error)));
        // Called in every case: after the answer, after a failure, and when nobody waits any more.
        return () => {
          stopped = true;
          current?.unsubscribe();
          finish();
        };
      });
}

function failureOf(work: Promise<unknown>): Promise<Failure | null> {
  return work.then(() => null, toClientError);
}

function isAuthError(error: unknown): boolean {
  return isTokenRefusal(error) || appCodeOf(error) === 'AUTH_REQUIRED';
}

function isTokenPair(data: unknown): data is TokenPair {
  if (typeof data !== 'object' || data === null) {
    return false;
  }
  if (!('accessToken' in data) || !('refreshToken' in data) || !('accessExpiresIn' in data)) {
    return false;
  }
  return typeof data.accessToken === 'string' && typeof data.refreshToken === 'string';
}

/** A login's answer says who it is. */
function userIdOf(answer: object): string | null {
  const user: unknown = 'user' in answer ? answer.user : null;
  const isUser = typeof user === 'object' && user !== null && 'id' in user;
  return isUser && typeof user.id === 'string' ? user.id : null;
}
