import { TRPCError } from '@trpc/server';
import type { AppErrorCode } from '../src/types.ts';

/** An error as the server's formatter writes it. */
export class Refusal extends TRPCError {
  readonly appCode: string;
  readonly appData: object | null;

  constructor(
    appCode: string,
    code: TRPCError['code'] = 'UNAUTHORIZED',
    appData: object | null = null,
  ) {
    super({ code, message: appCode });
    this.appCode = appCode;
    this.appData = appData;
  }
}

/** A refusal of a call, by its code. */
export function refusalOf(appCode: string): Refusal {
  switch (appCode) {
    case 'UNAVAILABLE':
      return new Refusal(appCode, 'SERVICE_UNAVAILABLE');
    case 'INTERNAL':
      return new Refusal(appCode, 'INTERNAL_SERVER_ERROR');
    case 'RATE_LIMITED':
      return new Refusal(appCode, 'TOO_MANY_REQUESTS', { retryAfterSeconds: 1 });
    case 'SESSION_NOT_FRESH':
      return new Refusal(appCode, 'FORBIDDEN', { maxAgeSeconds: 600 });
    case 'CHAT_NOT_FRIENDS':
      return new Refusal(appCode, 'FORBIDDEN');
    case 'CHAT_MESSAGE_ID_TAKEN':
      return new Refusal(appCode, 'CONFLICT');
    default:
      return new Refusal(appCode);
  }
}

/** What can go wrong, to be changed by a test. */
export interface Faults {
  /** Called for each HTTP request; true cuts the connection before anything is done. */
  cutRequest(path: string): boolean;
  /** Called when an HTTP answer is about to be sent; true cuts the connection instead. */
  cutAnswer(path: string): boolean;
  /** Called for each upgrade; true cuts the connection: the server takes no sockets. */
  cutSocket(): boolean;
  /** Called for each socket that is open. A number closes it with this code. */
  closeSocket(count: number): number | null;
  /** Called for each refresh; an error code refuses it. */
  refuseRefresh(): AppErrorCode | null;
  /** Called for each call with a token. The server may be newer than the client's types. */
  refuseCall(path: string): string | null;
  /** Called for each message before it is stored. */
  refuseSend(text: string): string | null;
  /** Awaited before a login is answered, when its session has been made. */
  loggedIn(): Promise<unknown>;
  /** Awaited before a message is stored. */
  sending(text: string): Promise<unknown>;
}

export const noFaults: Faults = {
  cutRequest: () => false,
  cutAnswer: () => false,
  cutSocket: () => false,
  closeSocket: () => null,
  refuseRefresh: () => null,
  refuseCall: () => null,
  refuseSend: () => null,
  loggedIn: () => Promise.resolve(),
  sending: () => Promise.resolve(),
};
