import type { Device, Login } from '@chapar/contract';
import type { Call } from '../../call.ts';
import { transaction } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import { readContact } from '../../kernel/contact.ts';
import { record } from '../audit/index.ts';
import { startSession } from '../session/index.ts';
import { enter, findAccount, readKind, type UserRow } from '../user/index.ts';
import { requireOffered } from './password.method.ts';
import { deleteDelays, findPassword, holdPassword, replaceHash } from './password.repository.ts';
import { beginTry, nameOfLogin, undoTry } from './password.tries.ts';

/** A person and a name that nobody has: looked up where there is no account, for the same work. */
const nobody = '00000000-0000-0000-0000-000000000000';

/** From so many wrong passwords in a row on somebody is guessing, and the owner is told. */
const guessing = 10;

/**
 * Signs in by a password. A name without an account, an account without a password and a wrong
 * password get the same answer after the same work.
 *
 * @throws AppError `PASSWORD_WRONG`, `PASSWORD_TOO_MANY_TRIES`, `BUSY`, `USER_INACTIVE`,
 *   `PHONE_INVALID`, `USER_KIND_UNKNOWN`, `AUTH_METHOD_OFF`
 */
export async function loginByPassword(
  call: Call,
  input: {
    phone: string | undefined;
    email: string | undefined;
    kind: string | undefined;
    password: string;
    device: Device | undefined;
  },
): Promise<Login> {
  const { app } = call;
  requireOffered(app);
  const kind = readKind(app.config, input.kind);
  const contact = readContact(input, app.config.defaultCountry);
  const name = nameOfLogin(app, contact, kind);
  const failures = await beginTry(call, name);
  const found = await findAccount(app.db, { contact, kind });
  const stored = await findPassword(app.db, found?.id ?? nobody);
  const { isRight, rehash } = await undoTry(call, name, () =>
    app.hasher.verify(input.password, stored?.hash ?? null),
  );
  if (!found || !stored || !isRight) {
    await noteGuessing(call, found, failures);
    throw new AppError('PASSWORD_WRONG');
  }
  const login = await transaction(call, async (tx) => {
    // Whoever changes a password ends the sessions; one must not begin with the old one after that.
    if (!(await holdPassword(tx.db, found.id, stored))) {
      throw new AppError('PASSWORD_WRONG');
    }
    await deleteDelays(tx.db, [name]);
    const { user, isNew, isRestored } = await enter(call, tx, found);
    const { device } = input;
    const pair = await startSession(call, tx, { userId: user.id, device, method: 'password' });
    return { ...pair, user, isNewUser: isNew, isRestored };
  });
  if (rehash) {
    const to = await app.hasher.hash(input.password).catch(() => null);
    if (to !== null) {
      await replaceHash(app.db, { userId: found.id, from: stored.hash, to });
    }
  }
  return login;
}

async function noteGuessing(
  call: Call,
  user: UserRow | undefined,
  failures: number,
): Promise<void> {
  if (user && failures === guessing) {
    await transaction(call, (tx) =>
      record(call, tx, { type: 'password-guessing', userId: user.id, isAlert: true }),
    );
  }
}
