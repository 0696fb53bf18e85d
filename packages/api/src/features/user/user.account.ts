import type { Language, Me } from '@chapar/contract';
import type { Call } from '../../call.ts';
import type { Db } from '../../database/tables.ts';
import type { Tx } from '../../database/transaction.ts';
import { AppError } from '../../errors.ts';
import type { ApiConfig } from '../../deps.ts';
import { record } from '../audit/index.ts';
import type { Contact } from '../../kernel/contact.ts';
import { openPersonalStream } from '../stream/index.ts';
import { changeStatus } from './user.end.repository.ts';
import {
  findAnyByContact,
  findUser,
  findUserByName,
  insertUser,
  type AccountName,
  type NewUser,
  type UserRow,
} from './user.repository.ts';
import { toMe } from './user.view.ts';

/** Somebody who has proved that the account is theirs. */
export interface Entered {
  user: Me;
  /** True when the account was made just now. */
  isNew: boolean;
  /** True when it was to be erased, and stays now. */
  isRestored: boolean;
}

/**
 * The kind of account that a caller means. Only kinds that everybody may choose are there: a
 * privileged one is given by staff.
 *
 * @throws AppError `USER_KIND_UNKNOWN`
 */
export function readKind(config: ApiConfig, kind: string | undefined): string {
  if (kind === undefined) {
    return config.accountKinds[0];
  }
  if (!config.accountKinds.includes(kind)) {
    throw new AppError('USER_KIND_UNKNOWN');
  }
  return kind;
}

/** Makes an account with its line of the live stream. @returns null when the contact has one */
export async function createUser(
  call: Call,
  tx: Tx,
  user: Omit<NewUser, 'id' | 'now'>,
): Promise<UserRow | null> {
  const made = await insertUser(tx.db, { ...user, id: call.app.deps.newId(), now: call.now });
  if (!made) {
    return null;
  }
  await openPersonalStream(tx, made.id);
  await record(call, tx, { type: 'account-created', userId: made.id });
  return made;
}

/**
 * The account of a contact whose owner has just proved it, made on first use. Parallel callers get
 * the same account, and only one of them is told that it is new.
 *
 * @throws AppError `USER_INACTIVE`
 */
export async function enterByContact(call: Call, tx: Tx, name: AccountName): Promise<Entered> {
  const known = await findUserByName(tx.db, name);
  if (known) {
    return enter(call, tx, known);
  }
  const made = await createUser(call, tx, { name });
  if (made) {
    return { user: toMe(made), isNew: true, isRestored: false };
  }
  // Somebody was faster.
  const found = await findUserByName(tx.db, name);
  if (!found) {
    throw new Error('an account that was there is gone');
  }
  return enter(call, tx, found);
}

/**
 * Lets somebody into their account. One that is to be erased stays from now on.
 *
 * @throws AppError `USER_INACTIVE`
 */
export async function enter(call: Call, tx: Tx, user: UserRow): Promise<Entered> {
  if (user.status === 'active') {
    return { user: toMe(user), isNew: false, isRestored: false };
  }
  if (!(await changeStatus(tx.db, user.id, ['leaving'], { status: 'active' }))) {
    const now = await findUser(tx.db, user.id);
    if (now?.status !== 'active') {
      throw new AppError('USER_INACTIVE');
    }
  }
  await record(call, tx, { type: 'removal-canceled', userId: user.id, isAlert: true });
  return { user: toMe(user), isNew: false, isRestored: true };
}

/** The account of a contact, open or closed. */
export function findAccount(db: Db, name: AccountName): Promise<UserRow | undefined> {
  return findUserByName(db, name);
}

export async function hasAccount(db: Db, contact: Contact): Promise<boolean> {
  return (await findAnyByContact(db, contact)) !== undefined;
}

/** The language that the owner of a contact has chosen; null where they have not. */
export async function languageOf(db: Db, contact: Contact): Promise<Language | null> {
  return (await findAnyByContact(db, contact))?.language ?? null;
}
