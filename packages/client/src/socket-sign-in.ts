import type { Refresher } from './refresh.ts';
import type { Credential, Session } from './session.ts';

/** With what the next socket signs in. */
export class SocketSignIn {
  readonly #tokens: { session: Session; refresher: Refresher };
  #credential: Credential = { epoch: 0, accessToken: null, userId: null };
  /** A token that the server does not accept. */
  refused: string | null = null;
  /** What the server calls the newest socket, where it has said so. */
  connectionId: string | null = null;

  constructor(tokens: { session: Session; refresher: Refresher }) {
    this.#tokens = tokens;
  }

  /** Who the newest socket was opened for. */
  get credential(): Credential {
    return this.#credential;
  }

  /**
   * What is said to the server. By the id it knows which socket to close if there are too many: the old
   * one, which is being left or was lost, and not one of another device.
   */
  get params(): Record<string, string> {
    const { connectionId: replaces } = this;
    return { token: this.#credential.accessToken ?? '', ...(replaces !== null && { replaces }) };
  }

  /** Sees to tokens that the server accepts. @returns false when nobody is signed in */
  async prepare(): Promise<boolean> {
    const { session, refresher } = this.#tokens;
    await (this.refused === null ? refresher.current() : refresher.renew(this.refused));
    // Read once more, since somebody else may have signed in.
    const credential = await session.credential();
    if (credential.accessToken === null) {
      return false;
    }
    this.#credential = credential;
    return true;
  }
}
